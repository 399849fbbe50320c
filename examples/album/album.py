"""Pictures for an album, made by an image gateway that speaks the API of OpenAI."""

from dataclasses import dataclass

import httpx
from openai import APIError, APIStatusError, OpenAI, RateLimitError

MODEL = "qwen-image-2.0-pro"
SIDE = 1024


class PictureError(Exception):
    """No picture; the text can be shown to whoever asked for it."""


@dataclass(frozen=True, slots=True)
class Picture:
    title: str
    content: bytes


def picture(client: OpenAI, title: str, *, seed: int) -> Picture:
    """One square picture; the same seed gives a similar one. Raises PictureError."""
    try:
        made = client.images.generate(
            model=MODEL, prompt=title, n=1, size=f"{SIDE}*{SIDE}", extra_body={"seed": seed, "watermark": False}
        )
    except RateLimitError as error:
        raise PictureError("Too many pictures at once. Try again in a minute.") from error
    except APIStatusError as error:
        raise PictureError(error.body["message"] if isinstance(error.body, dict) else "No picture came.") from error
    except APIError as error:
        raise PictureError("The picture service cannot be reached.") from error
    if not made.data or not made.data[0].url:
        raise PictureError("No picture came.")
    return Picture(title, downloaded(made.data[0].url))


def downloaded(link: str) -> bytes:
    """Raises PictureError."""
    try:
        return httpx.get(link).raise_for_status().content
    except httpx.HTTPError as error:
        raise PictureError("The picture was made and cannot be fetched.") from error
