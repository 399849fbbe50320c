"""A file that changes is read anew; whatever else changes is nobody's business."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from mock_server.reload import watching

PATIENCE = 30.0  # seconds


def seen_while(files: list[Path], act: Callable[[], None], read: Callable[[], list[Path]]) -> int:
    """How often files were read anew after something was done, when they first were."""
    times = 0

    async def run() -> None:
        nonlocal times
        news = asyncio.Event()

        def changed() -> list[Path]:
            nonlocal times
            times += 1
            news.set()
            return read()

        async with watching(files, changed):
            await asyncio.sleep(0)  # the first step of the watcher sets it up
            act()
            async with asyncio.timeout(PATIENCE):
                await news.wait()

    asyncio.run(run())
    return times


def write(file: Path) -> None:
    file.write_text("2")


def move(draft: Path, file: Path) -> None:
    draft.replace(file)


def test_a_changed_file_is_read_anew(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("1")
    assert seen_while([file], lambda: write(file), lambda: [file]) == 1


def test_a_file_that_an_editor_puts_in_its_place_is_read_anew(tmp_path: Path) -> None:
    file, draft = tmp_path / "a.yaml", tmp_path / "a.yaml.new"
    file.write_text("1")
    draft.write_text("2")
    assert seen_while([file], lambda: move(draft, file), lambda: [file]) == 1


def test_files_that_come_into_play_with_a_change_are_watched_from_then_on(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    file, other = tmp_path / "a.yaml", tmp_path / "other" / "b.yaml"
    file.write_text("1")
    other.write_text("1")
    readings: list[int] = []

    async def run() -> None:
        first, second = asyncio.Event(), asyncio.Event()

        def changed() -> list[Path]:
            readings.append(1)
            (second if first.is_set() else first).set()
            return [file, other]

        async with watching([file], changed), asyncio.timeout(PATIENCE):
            await asyncio.sleep(0)
            file.write_text("2")
            await first.wait()
            await asyncio.sleep(0)
            other.write_text("2")
            await second.wait()

    asyncio.run(run())
    assert len(readings) == 2


def test_a_neighbour_that_changes_is_left_alone(tmp_path: Path) -> None:
    file, neighbour = tmp_path / "a.yaml", tmp_path / "b.yaml"
    file.write_text("1")

    def act() -> None:
        neighbour.write_text("1")
        file.write_text("2")

    assert seen_while([file], act, lambda: [file]) == 1
