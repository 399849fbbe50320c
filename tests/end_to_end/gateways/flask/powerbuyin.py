"""The page of Powerbuyin as a Flask application: a view, requests for the call, and checks where they came to mind."""

import base64
import os
import re
import time
from typing import Any

import requests
from flask import Flask, Response, jsonify, request

GENERATION = os.environ["UPSTREAM_BASE"] + "/services/aigc/multimodal-generation/generation"
UPSTREAM_KEY = os.environ["DASHSCOPE_API_KEY"]
GATEWAY_KEY = os.environ["GATEWAY_API_KEY"]
MODELS = ["qwen-image-2.0-pro"]

app = Flask(__name__)


def error(status: int, message: str, code: str = "invalid_request") -> tuple[Response, int]:
    body = {"message": message, "type": "invalid_request_error", "code": code, "param": None}
    return jsonify(error=body), status


@app.post("/v1/images/generations")
def generate_images() -> Response | tuple[Response, int]:
    token = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if token != GATEWAY_KEY:
        return error(401, "Invalid token", "invalid_api_key")

    data = request.get_json()
    if data.get("model") not in MODELS:
        return error(400, f"model must be one of {MODELS}")
    if "parameters" in data:
        return error(400, "parameters is not accepted")
    prompt = data["input"]["messages"][0]["content"][0]["text"]
    n = int(data.get("n") or 1)
    if n < 1 or n > 6:
        return error(400, "n must be between 1 and 6")

    parameters: dict[str, Any] = {"n": n}
    size = data.get("size")
    if size:
        match = re.match(r"(\d+)[x*](\d+)", size)
        if not match:
            return error(400, "size must be WIDTHxHEIGHT or WIDTH*HEIGHT")
        parameters["size"] = f"{match[1]}*{match[2]}"
    for name in ("negative_prompt", "prompt_extend", "watermark", "seed"):
        if data.get(name):
            parameters[name] = data[name]

    body = {
        "model": data["model"],
        "input": {"messages": [{"role": "user", "content": [{"text": prompt}]}]},
        "parameters": parameters,
    }
    response = requests.post(GENERATION, json=body, headers={"Authorization": f"Bearer {UPSTREAM_KEY}"})
    answer = response.json()
    if not response.ok:
        return error(response.status_code, answer["message"], answer["code"])
    images = []
    for choice in answer["output"]["choices"]:
        for part in choice["message"]["content"]:
            if data.get("response_format") == "b64_json":
                images.append({"b64_json": base64.b64encode(requests.get(part["image"]).content).decode()})
            else:
                images.append({"url": part["image"]})
    return jsonify(created=int(time.time()), data=images, metadata={})
