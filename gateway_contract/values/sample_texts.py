"""Texts for free fields: ordinary ones, awkward ones, and ones of an exact length."""

ENGLISH = "a lighthouse at dusk, waves below, "
CHINESE = "黄昏的灯塔，海浪拍岸，"  # noqa: RUF001 # Chinese punctuation
AWKWARD = (
    'L\'été "naïve" <b>&amp;</b> \\n 50% ${x} {{y}} — 灯塔 🌊\tcafe\u0301\nline two '
    "\u201cC++\u201d $& %20 \U0001f469\u200d\U0001f680\u2764\ufe0f\r\nline three"
)
"""What careless gateways escape, decode, re-encode, normalise or take for a template."""
SPACED = "  a lighthouse  at dusk \n "
"""What careless gateways trim. No other text has anything at its ends that trimming would take."""


def of_length(length: int, script: str, head: str = "") -> str:
    """A text of exactly so many code points of the Basic Multilingual Plane, beginning with `head`."""
    filler = script * (length // len(script) + 1)
    return (head + (" " if head else "") + filler)[:length].rstrip() + "." * _trailing_spaces(head, filler, length)


def _trailing_spaces(head: str, filler: str, length: int) -> int:
    text = (head + (" " if head else "") + filler)[:length]
    return len(text) - len(text.rstrip())
