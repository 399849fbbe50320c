"""The page of Powerbuyin as a FastAPI service: pydantic models for what comes in and goes out, httpx for the call."""

import asyncio
import base64
import os
import secrets
import time
from typing import Annotated, Any, Literal

import httpx
from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, Field

GENERATION = os.environ["UPSTREAM_BASE"] + "/services/aigc/multimodal-generation/generation"
UPSTREAM_KEY = os.environ["DASHSCOPE_API_KEY"]
GATEWAY_KEY = os.environ["GATEWAY_API_KEY"]
TIMEOUT = float(os.environ.get("UPSTREAM_TIMEOUT", "60"))


class TextPart(BaseModel):
    text: str


class Message(BaseModel):
    role: Literal["user"] = "user"
    content: list[TextPart]


class Input(BaseModel):
    messages: list[Message] = Field(min_length=1)


class ImageRequest(BaseModel):
    model: Literal["qwen-image-2.0-pro"]
    input: Input
    n: int = Field(default=1, ge=1, le=6)
    size: str | None = Field(default=None, pattern=r"^\d+[x*]\d+$")
    response_format: Literal["url", "b64_json"] = "url"
    negative_prompt: str | None = None
    prompt_extend: bool = True
    watermark: bool = False
    seed: int | None = None


class Image(BaseModel):
    url: str | None = None
    b64_json: str | None = None
    revised_prompt: str | None = None


class ImageResponse(BaseModel):
    created: int
    data: list[Image]
    metadata: dict[str, Any] = {}


app = FastAPI(title="Powerbuyin")


def check_token(credentials: Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())]) -> None:
    if not secrets.compare_digest(credentials.credentials, GATEWAY_KEY):
        raise HTTPException(status_code=401, detail="Invalid token")


@app.post("/v1/images/generations", dependencies=[Depends(check_token)])
async def generate_images(request: ImageRequest) -> ImageResponse:
    parameters = request.model_dump(
        include={"n", "negative_prompt", "prompt_extend", "watermark", "seed"}, exclude_none=True
    )
    if request.size:
        parameters["size"] = request.size.replace("x", "*")
    prompt = request.input.messages[0].content[0].text
    body = {
        "model": request.model,
        "input": {"messages": [{"role": "user", "content": [{"text": prompt}]}]},
        "parameters": parameters,
    }
    async with httpx.AsyncClient(timeout=TIMEOUT) as client:
        response = await client.post(GENERATION, json=body, headers={"Authorization": f"Bearer {UPSTREAM_KEY}"})
        if response.status_code != 200:
            raise HTTPException(status_code=response.status_code, detail=response.json()["message"])
        links = [part["image"] for choice in response.json()["output"]["choices"] for part in content_of(choice)]
        if request.response_format == "b64_json":
            data = await asyncio.gather(*(inline_image(client, link) for link in links))
        else:
            data = [Image(url=link) for link in links]
    return ImageResponse(created=int(time.time()), data=list(data))


def content_of(choice: dict[str, Any]) -> list[dict[str, str]]:
    content: list[dict[str, str]] = choice["message"]["content"]
    return content


async def inline_image(client: httpx.AsyncClient, link: str) -> Image:
    response = await client.get(link)
    return Image(b64_json=base64.b64encode(response.content).decode())
