import threading
from dataclasses import replace

import pytest

from mock_server.images.links import PictureCache
from mock_server.images.picture import Picture

PICTURE = Picture("00c0ffee12345678", 64, 64, "a fox", "64x64", "key", marked=False)
ROOM_FOR_THREE = 3 * 11_500


def numbered(number: int) -> Picture:
    return replace(PICTURE, identity=f"{number:016x}")


class Drawings:
    """Something that draws, and remembers what it drew."""

    def __init__(self, size: int = 10_000) -> None:
        self.size, self.made = size, list[Picture]()

    def draw(self, picture: Picture) -> bytes:
        self.made.append(picture)
        return picture.identity.encode().ljust(self.size)


@pytest.fixture
def drawings() -> Drawings:
    return Drawings()


def test_a_picture_is_drawn_once(drawings: Drawings) -> None:
    cache = PictureCache(drawings.draw)
    first = cache(numbered(1))
    assert cache(numbered(1)) is first
    assert cache(replace(numbered(1))) is first
    assert drawings.made == [numbered(1)]


def test_other_pictures_are_other_entries(drawings: Drawings) -> None:
    cache = PictureCache(drawings.draw)
    assert len({cache(numbered(number)) for number in range(5)}) == 5
    assert cache(replace(numbered(1), marked=True)).startswith(numbered(1).identity.encode())
    assert len(drawings.made) == 6


def test_a_cache_keeps_within_its_bytes_however_many_pictures_come(drawings: Drawings) -> None:
    cache = PictureCache(drawings.draw, ROOM_FOR_THREE)
    for number in range(50):
        cache(numbered(number))
        assert cache.size <= ROOM_FOR_THREE
    assert len(cache) == 3


def test_small_pictures_are_counted_too() -> None:
    cache = PictureCache(Drawings(size=1).draw, ROOM_FOR_THREE)
    for number in range(1000):
        cache(numbered(number))
    assert len(cache) < 40


def test_the_longest_unused_picture_goes_first(drawings: Drawings) -> None:
    cache = PictureCache(drawings.draw, ROOM_FOR_THREE)
    for number in (1, 2, 3, 1, 4):
        cache(numbered(number))
    drawings.made.clear()
    for number in (1, 3, 4):
        cache(numbered(number))
    assert drawings.made == []
    cache(numbered(2))
    assert drawings.made == [numbered(2)]


def test_a_picture_that_is_larger_than_the_cache_is_drawn_and_not_kept() -> None:
    drawings = Drawings(size=ROOM_FOR_THREE)
    cache = PictureCache(drawings.draw, ROOM_FOR_THREE)
    cache(numbered(1))
    assert len(cache(numbered(1))) == ROOM_FOR_THREE
    assert (len(cache), cache.size, len(drawings.made)) == (0, 0, 2)


def test_a_picture_that_cannot_be_drawn_leaves_no_trace() -> None:
    def fails(_picture: Picture) -> bytes:
        raise ValueError("no ink")

    cache = PictureCache(fails)
    with pytest.raises(ValueError, match="no ink"):
        cache(PICTURE)
    assert (len(cache), cache.size) == (0, 0)


def test_threads_share_a_cache_and_its_count_stays_right(drawings: Drawings) -> None:
    cache = PictureCache(drawings.draw, ROOM_FOR_THREE)
    wrong: list[int] = []

    def ask(start: int) -> None:
        for number in range(start, start + 300):
            wanted = numbered(number % 7)
            if not cache(wanted).startswith(wanted.identity.encode()):
                wrong.append(number)

    threads = [threading.Thread(target=ask, args=(start,)) for start in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert wrong == []
    assert cache.size == len(cache) * 11_000 <= ROOM_FOR_THREE
