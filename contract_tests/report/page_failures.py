"""The failures of the page: what of each exchange is shown, within the room that one page has."""

import base64
import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup, escape

from contract_tests.report.command_line import command
from contract_tests.report.exchange_file import MOST_CALLS, NOT_JSON
from contract_tests.report.show_rule import is_shown_by_curl
from contract_tests.report.stored_report import Listed
from contract_tests.report.thumbnails import MOST_OF_EXCHANGE, MOST_THUMBNAILS
from contract_tests.report.wording import one_line

MOST_SHOWN = 2  # failures of a rule that are shown in full; of the others one line and the file
LONGEST = 4000  # characters of one JSON value, or of a command
LONGEST_LINE = 240  # likewise of a line that the rule is not about, such as a signed link
MOST_BYTES = 3_500_000  # of all failures; what else is on a page takes less than a megabyte
_AT = re.compile(r" at (/\S+)")  # where a finding expects a value in the upstream call


@dataclass(slots=True)
class Room:
    """What is left of one page. The failures that come first are the ones shown in full."""

    bytes: int = MOST_BYTES
    thumbnails: int = MOST_THUMBNAILS

    def take(self, *texts: str) -> bool:
        """Whether there is room for some texts, which then take it."""
        wanted = sum(len(str(escape(text)).encode("utf-8", "backslashreplace")) for text in texts)
        if wanted > self.bytes:
            return False
        self.bytes -= wanted
        return True


@dataclass(frozen=True, slots=True)
class ShownImage:
    """`source` is a data URI, or empty where there is no thumbnail."""

    source: str
    description: str


@dataclass(frozen=True, slots=True)
class Panel:
    """One of the three messages of an exchange, side by side."""

    title: str
    head: str
    code: Markup  # with the lines marked that the rule is about
    missed: str = ""  # what the rule is about, where no line is
    images: tuple[ShownImage, ...] = ()


@dataclass(frozen=True, slots=True)
class ShownFailure:
    listed: Listed
    panels: tuple[Panel, ...]  # none beyond the first failures
    commands: tuple[str, ...]


def shown_failures(home: Path, rule: Listed, room: Room) -> Iterator[ShownFailure]:
    """The failures of a rule for which there is room, the first in any case."""
    for number, listed in enumerate(rule["failures"]):
        file = home / listed["exchange"]
        rerun = command("rerun", shlex.quote(str(file)))
        if number >= MOST_SHOWN:
            if room.take(rerun, listed["expected"], listed["observed"]):
                yield ShownFailure(listed, (), (rerun,))
            continue
        exchange = json.loads(file.read_bytes())
        panels = tuple(_panels(exchange, rule, listed, room))
        has_room = room.take(*(panel.code for panel in panels))
        curl = (listed["curl"],) if is_shown_by_curl(rule, exchange) and len(listed["curl"]) <= LONGEST else ()
        yield ShownFailure(listed, panels if has_room else (), (rerun, *curl) if has_room else (rerun,))


def _panels(exchange: Listed, rule: Listed, failure: Listed, room: Room) -> Iterator[Panel]:
    request, answer, calls = exchange["request"], exchange["answer"], exchange["upstream"]
    subject = f'"{rule["field"]}":' if rule["field"] else ""
    yield Panel("request", f"{request['method']} {request['path']}", _code(_body(request), subject))
    if calls is None:
        yield Panel("upstream call", "not observed", Markup())
    elif not calls:
        yield Panel("upstream call", "none was made", Markup())
    else:
        more = f", the first of {len(calls)}" if len(calls) > 1 else ""
        if calls[0].get("played"):
            more += f"; the suite answered with a failure on purpose: {calls[0]['played']}"
        place = _AT.search(failure["expected"])
        key = place[1].rpartition("/")[2] if place else rule["field"]
        code = _code(_body(calls[0]), f'"{key}":' if key else "")
        missed = f"{place[1]}: {failure['observed']}" if place and "<mark>" not in code else ""
        yield Panel("upstream call", f"{calls[0]['method']} {calls[0]['path']}{more}", code, missed)
    if "error" in answer:
        yield Panel("response", str(answer["error"]), Markup())
    else:
        head = f"{answer['status']} after {answer['seconds']:.2f} s"
        images = tuple(_images(exchange, room))
        yield Panel("response", head, _code(_body(answer), subject), images=images)


def _images(exchange: Listed, room: Room) -> Iterator[ShownImage]:
    """The images of a response, of which no more have a thumbnail than the page may hold."""
    images = [image for item in exchange["images"] or () for image in item if "$json" not in image]
    calls = exchange["upstream"]
    made = (
        None
        if calls is None or len(calls) == MOST_CALLS
        else {identity for call in calls for identity in call["images"]}
    )
    for number, image in enumerate(images[:MOST_OF_EXCHANGE], 1):
        source = ""
        thumbnail = str(image.get("thumbnail", ""))
        if thumbnail and room.thumbnails and room.take(thumbnail):
            room.thumbnails -= 1
            source = f"data:image/png;base64,{thumbnail}"
        told = image["problem"] if "problem" in image else f"{image['format']} {image['width']}x{image['height']}"
        if made is not None and image.get("identity") and image["identity"] not in made:
            told += ", which another upstream call made"
        yield ShownImage(source, f"image {number}: {told}")


def _body(message: Listed) -> str:
    if "body" in message:
        return json.dumps(message["body"], ensure_ascii=False, indent=2)
    carried = message.get(NOT_JSON)
    if carried is not None:
        return carried if isinstance(carried, str) else json.dumps(carried)
    return base64.b64decode(message.get("base64", "")).decode("utf-8", "backslashreplace")


def _code(text: str, subject: str) -> Markup:
    """A body, cut if it is long, in which the lines with the subject are marked."""
    cut = text if len(text) <= LONGEST else f"{text[:LONGEST]}\n... {len(text) - LONGEST:,} characters more in the file"
    return Markup("\n").join(_line(line, marked=bool(subject) and subject in line) for line in cut.split("\n"))


def _line(text: str, *, marked: bool) -> Markup:
    if marked:
        return Markup("<mark>{}</mark>").format(one_line(text))
    left = len(text) - LONGEST_LINE
    return escape(one_line(f"{text[:LONGEST_LINE]}... {left:,} characters more" if left > 0 else text))
