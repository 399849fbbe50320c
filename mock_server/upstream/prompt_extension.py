"""What a text becomes when an upstream rewrites it: the text itself, and then some."""

import re
from itertools import product
from typing import Final
from zlib import crc32

_CHINESE: Final = re.compile(r"[\u3400-\u9fff]")
_CLOSING: Final = ".,;:!?。，；：！？"  # noqa: RUF001 - Chinese punctuation
_ENGLISH_TOUCHES: Final = (
    ("soft morning light", "low evening sun", "diffuse light of an overcast day", "moonlight and long shadows"),
    ("muted earthy colours", "clear, bright colours", "a narrow palette of blues", "warm colours with deep contrast"),
    ("seen from slightly above", "seen at eye level", "a wide view with much sky", "a close view, shallow in depth"),
)
_CHINESE_TOUCHES: Final = (
    ("柔和的晨光", "低垂的夕阳", "阴天的漫射光", "月光与长长的影子"),
    ("沉稳的大地色调", "明亮清澈的色彩", "以蓝色为主的配色", "对比鲜明的暖色"),
    ("略微俯视的视角", "平视视角", "天空开阔的远景", "浅景深的近景"),
)


_ENGLISH: Final = [", ".join(reversed(chosen)) for chosen in product(*reversed(_ENGLISH_TOUCHES))]
_CHINESE_JOINED: Final = ["，".join(reversed(chosen)) for chosen in product(*reversed(_CHINESE_TOUCHES))]  # noqa: RUF001 - Chinese punctuation
"""All that can be added, the first touch varying fastest."""


def extended(text: str) -> str:
    """The text with light, colours and a view added; the same text always becomes the same."""
    chinese = not text.isascii() and _CHINESE.search(text) is not None
    touches = _CHINESE_JOINED if chinese else _ENGLISH
    added = touches[crc32(text.encode("utf-8", "surrogatepass")) % len(touches)]
    comma, space, stop = ("，", "", "。") if chinese else (", ", " ", ".")  # noqa: RUF001 - Chinese punctuation
    joint = "" if not text or text[-1].isspace() else space if text[-1] in _CLOSING else comma
    return f"{text}{joint}{added}{stop}"
