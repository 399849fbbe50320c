"""Create pictures for an album with an image gateway that is compatible with OpenAI's API."""

from dataclasses import dataclass

import httpx
from openai import APIError, APIStatusError, OpenAI, RateLimitError

MODEL = "qwen-image-2.0-pro"
SIDE = 1024


class PictureError(Exception):
    """There is no picture; the message can be shown to the user."""


@dataclass(frozen=True, slots=True)
class Picture:
    title: str
    content: bytes


def create_picture(client: OpenAI, title: str, *, seed: int) -> Picture:
    """Create one square picture; the same seed gives a similar one. Raises PictureError."""
    try:
        made = client.images.generate(
            model=MODEL, prompt=title, n=1, size=f"{SIDE}*{SIDE}", extra_body={"seed": seed, "watermark": False}
        )
    except RateLimitError as error:
        raise PictureError("Too many requests. Try again in a minute.") from error
    except APIStatusError as error:
        raise PictureError(
            error.body["message"] if isinstance(error.body, dict) else "No picture was returned."
        ) from error
    except APIError as error:
        raise PictureError("The picture service is unreachable.") from error
    if not made.data or not made.data[0].url:
        raise PictureError("No picture was returned.")
    return Picture(title, download(made.data[0].url))


def download(link: str) -> bytes:
    """Download a picture. Raises PictureError."""
    try:
        return httpx.get(link).raise_for_status().content
    except httpx.HTTPError as error:
        raise PictureError("The picture cannot be downloaded.") from error
