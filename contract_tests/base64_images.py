"""Base64 as RFC 4648, section 4, has it: the standard alphabet, padded, in one piece."""

import binascii

from contract_tests.limits import Problem

FROM_URL_SAFE = str.maketrans("-_", "+/")


def decode_base64(text: str) -> bytes | Problem:
    """The bytes that the text stands for, or which near relative of Base64 it is."""
    content = strictly(text)
    return Problem(why_not(text)) if content is None else content


def strictly(text: str) -> bytes | None:
    try:
        return binascii.a2b_base64(text, strict_mode=True)
    except ValueError:  # binascii.Error is one; so is a character outside ASCII
        return None


def why_not(text: str) -> str:
    if text[:5].lower() == "data:":
        return "a data URI, not bare Base64"
    if strictly("".join(text.split())) is not None:
        return "Base64 with line breaks" if "\n" in text else "Base64 with white space"
    if readable(text.translate(FROM_URL_SAFE)) and ("-" in text or "_" in text):
        return "URL-safe Base64"
    return "Base64 that is cut, or lacks its padding" if readable(text) else "not Base64"


def readable(text: str) -> bool:
    """Whether the text is Base64 but for its end; a last character that stands alone says nothing."""
    digits = text.rstrip("=")
    whole = digits[: len(digits) - (len(digits) % 4 == 1)]
    return bool(whole) and strictly(whole + "=" * (-len(whole) % 4)) is not None
