"""The page of PowerTokens as a FastAPI service, with errors in the shape that the OpenAI SDK expects."""

import base64
import os
import time
from typing import Annotated, Any, Literal, Self

import httpx
from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, Field, model_validator
from starlette.exceptions import HTTPException as StarletteHTTPException

GENERATION = os.environ["UPSTREAM_BASE"] + "/services/aigc/multimodal-generation/generation"
UPSTREAM_KEY = os.environ["DASHSCOPE_API_KEY"]
GATEWAY_KEY = os.environ["GATEWAY_API_KEY"]
TIMEOUT = float(os.environ.get("UPSTREAM_TIMEOUT", "60"))
MIN_PIXELS, MAX_PIXELS = 512 * 512, 2048 * 2048


class ImageRequest(BaseModel):
    model: Literal["qwen-image-2.0-pro", "wan2.7-image-pro"]
    prompt: str = Field(max_length=800)
    n: int = Field(default=1, ge=1, le=6)
    size: str = "1024*1024"
    response_format: Literal["url", "b64_json"] = "url"
    seed: int | None = Field(default=None, ge=0, le=2147483647)
    watermark: bool = False
    prompt_extend: bool = True
    negative_prompt: str = Field(default="", max_length=500)

    @model_validator(mode="after")
    def check_size(self) -> Self:
        width, height = self.size.split("*")
        pixels = int(width) * int(height)
        if self.model == "qwen-image-2.0-pro":
            if not MIN_PIXELS <= pixels <= MAX_PIXELS:
                raise ValueError(f"size must have between {MIN_PIXELS} and {MAX_PIXELS} pixels")
        elif self.n != 1:
            raise ValueError("n must be 1 for this model")
        return self

    def upstream_body(self) -> dict[str, Any]:
        parameters: dict[str, Any] = {
            "n": self.n,
            "size": self.size,
            "watermark": self.watermark,
            "prompt_extend": self.prompt_extend,
        }
        if self.seed:
            parameters["seed"] = self.seed
        if self.negative_prompt:
            parameters["negative_prompt"] = self.negative_prompt
        messages = [{"role": "user", "content": [{"text": self.prompt}]}]
        return {"model": self.model, "input": {"messages": messages}, "parameters": parameters}


app = FastAPI(title="PowerTokens")


def error(status: int, message: str, kind: str = "invalid_request_error", param: str | None = None) -> JSONResponse:
    return JSONResponse(
        {"error": {"message": message, "type": kind, "code": str(status), "param": param}}, status_code=status
    )


@app.exception_handler(RequestValidationError)
async def on_invalid(_: Request, problem: RequestValidationError) -> JSONResponse:
    first = problem.errors()[0]
    return error(400, first["msg"], param=".".join(str(part) for part in first["loc"][1:]))


@app.exception_handler(StarletteHTTPException)
async def on_http_error(_: Request, problem: StarletteHTTPException) -> JSONResponse:
    return error(problem.status_code, str(problem.detail))


@app.exception_handler(httpx.HTTPError)
async def on_upstream_unreachable(_: Request, problem: httpx.HTTPError) -> JSONResponse:
    return error(502, f"The upstream cannot be reached: {type(problem).__name__}", "api_error")


def check_token(credentials: Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())]) -> None:
    if credentials.credentials != GATEWAY_KEY:
        raise HTTPException(status_code=401, detail="Incorrect API key provided")


@app.post("/v1/images/generations", dependencies=[Depends(check_token)])
async def generate_images(request: ImageRequest) -> dict[str, Any]:
    async with httpx.AsyncClient(timeout=TIMEOUT) as client:
        response = await client.post(
            GENERATION, json=request.upstream_body(), headers={"Authorization": f"Bearer {UPSTREAM_KEY}"}
        )
        answer = response.json()
        if "output" not in answer:
            raise HTTPException(status_code=502, detail=f"{answer['code']}: {answer['message']}")
        images = [part["image"] for choice in answer["output"]["choices"] for part in choice["message"]["content"]]
        if request.response_format == "url":
            data = [{"url": image} for image in images]
        else:
            data = [{"b64_json": await download(client, image)} for image in images]
    return {"created": int(time.time()), "data": data, "metadata": answer.get("usage", {})}


async def download(client: httpx.AsyncClient, link: str) -> str:
    response = await client.get(link)
    response.raise_for_status()
    return base64.b64encode(response.content).decode()
