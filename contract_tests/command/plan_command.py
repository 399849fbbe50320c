"""The command `plan`: what a run would send and cost."""

import json
from collections.abc import Sequence

from rich.console import Console

from contract_tests.command.option_table import TOKEN
from contract_tests.forecast import Forecast, forecast, look_for_seconds
from contract_tests.report.json_report import listed_images
from contract_tests.report.wording import counted, images_needed, one_line
from contract_tests.run import PreparedRun
from gateway_contract.values.json_value import Json

HEADS = ("requests", "images", "seconds")
TABLE = "  {:14}{:>9}{:>9}{:>9}"


def unused_token() -> dict[str, str | None]:
    """Options for a plan that sends nothing: no token is needed, and no command need give one."""
    own, *others = (flag.parameter for flag in TOKEN.flags)
    return {own: "no-one:is-sent-this", **dict.fromkeys(others)}


def print_plans(wanted: Sequence[PreparedRun], assumed: float | None, price: float | None, *, as_json: bool) -> None:
    """Prints what each run would send. `assumed` are seconds for an image; None: one request is sent to find out.

    Raises SettingsError where a gateway rejects that request.
    """
    found = [forecast(ready, look_for_seconds(ready) if assumed is None else assumed) for ready in wanted]
    console = Console(highlight=False)
    if as_json:
        console.print_json(json.dumps([as_dictionary(one, price) for one in found]))
        return
    for one in found:
        for line in lines_of(one, price):
            console.print(one_line(line), markup=False, soft_wrap=True)


def as_dictionary(found: Forecast, price: float | None) -> dict[str, Json]:
    listed: dict[str, Json] = {
        "name": found.name,
        "contract": found.contract,
        "observed": str(found.observed),
        "requests": found.requests,
        "images": found.images,
        "seconds": round(found.seconds, 1),
        "seconds_per_image": round(found.seconds_per_image, 3),
        "images_by_model": dict(found.by_model),
        "phases": [
            {
                "phase": str(phase.phase),
                "requests": phase.requests,
                "images": phase.images,
                "seconds": round(phase.seconds, 1),
            }
            for phase in found.phases
        ],
        "left_out": found.left_out,
        "not_included": list(found.not_included),
    }
    if found.images_needed is not None:
        listed["images_needed"] = listed_images(found.images_needed)
    if price is not None:
        listed["money"] = round(found.images * price, 2)
    return listed


def lines_of(found: Forecast, price: float | None) -> list[str]:
    name = f"{found.name}: {found.contract}" if found.name else found.contract
    rows = [(str(phase.phase), phase.requests, phase.images, phase.seconds) for phase in found.phases]
    rows.append(("total", found.requests, found.images, found.seconds))
    lines = [f"{name}, {found.observed}, {found.seconds_per_image:.3g} s an image", TABLE.format("", *HEADS)]
    lines += [
        TABLE.format(label, f"{requests:,}", f"{images:,}", f"{seconds:,.0f}")
        for label, requests, images, seconds in rows
    ]
    if price is not None:
        lines.append(f"  {'money':14}{found.images * price:,.2f}, at {price:g} an image")
    for model, images in found.by_model.items():
        lines.append(f"  {'of these':14}{counted(images, 'image')} by {model}")
    if found.images_needed is not None:
        lines.append(f"  {'images':14}{images_needed(found.images_needed, found.budget)}")
    if found.left_out:
        lines.append(f"  {'left out':14}{counted(found.left_out, 'request')}, for which the budget has no images")
    return [*lines, *(f"  {'on top':14}{told}" for told in found.not_included)]
