"""A file of a report is there whole, or as it was before."""

import os
from pathlib import Path

import pytest

from contract_tests.report.exchange_file import write_whole


def test_a_file_takes_the_place_of_an_earlier_one_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    for content in (b"one", b"two"):
        write_whole(path, content)
    assert [(found.name, found.read_bytes()) for found in tmp_path.iterdir()] == [("report.json", b"two")]


def test_what_cannot_be_written_leaves_the_earlier_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "report.json"
    write_whole(path, b"one")

    def disk_is_full(opened: int, _mode: str) -> None:
        os.close(opened)
        raise OSError(28, "no room")

    monkeypatch.setattr(os, "fdopen", disk_is_full)
    with pytest.raises(OSError, match="no room"):
        write_whole(path, b"two")
    monkeypatch.undo()
    assert path.read_bytes() == b"one"
    write_whole(path, b"two")
    assert path.read_bytes() == b"two"
