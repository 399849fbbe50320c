// The page of PowerTokens as an Express application with an error handler, the defaults of the page, and one retry.
import express from "express";

const { UPSTREAM_BASE, DASHSCOPE_API_KEY, GATEWAY_API_KEY, UPSTREAM_TIMEOUT = "60", PORT = "3000" } = process.env;

class ApiError extends Error {
  constructor(status, message, { type = "invalid_request_error", code = null, param = null } = {}) {
    super(message);
    Object.assign(this, { status, type, code, param });
  }
}

function authenticate(req, _res, next) {
  const [scheme, token] = (req.headers.authorization || "").split(" ");
  if (scheme !== "Bearer" || token !== GATEWAY_API_KEY) {
    throw new ApiError(401, "Incorrect API key provided", { code: "invalid_api_key" });
  }
  next();
}

function parse(body) {
  const { model, prompt } = body;
  if (!["qwen-image-2.0-pro", "wan2.7-image-pro"].includes(model)) {
    throw new ApiError(400, `The model ${model} does not exist`, { param: "model" });
  }
  if (!prompt || prompt.length > 800) {
    throw new ApiError(400, "prompt must have 1 to 800 characters", { param: "prompt" });
  }
  if (body.negative_prompt && body.negative_prompt.length > 500) {
    throw new ApiError(400, "negative_prompt must have at most 500 characters", { param: "negative_prompt" });
  }
  const n = parseInt(body.n || 1);
  const max = model.startsWith("qwen-image-2.0") ? 6 : 1;
  if (isNaN(n) || n < 1 || n > max) {
    throw new ApiError(400, `n must be between 1 and ${max}`, { param: "n" });
  }
  if (body.size) {
    const [width, height] = body.size.split("*").map(Number);
    if (!(width > 0 && height > 0)) throw new ApiError(400, "size must look like 1024*1024", { param: "size" });
    const pixels = width * height;
    if (model.startsWith("qwen-image-2.0") && (pixels < 512 * 512 || pixels > 2048 * 2048)) {
      throw new ApiError(400, "size must have 512*512 to 2048*2048 pixels", { param: "size" });
    }
  }
  if (body.seed && !(body.seed >= 0 && body.seed <= 2147483647)) {
    throw new ApiError(400, "seed must be between 0 and 2147483647", { param: "seed" });
  }
  return {
    model,
    input: { messages: [{ role: "user", content: [{ text: prompt }] }] },
    parameters: {
      n,
      ...(body.size && { size: body.size }),
      ...(body.seed && { seed: body.seed }),
      ...(body.negative_prompt && { negative_prompt: body.negative_prompt }),
      watermark: body.watermark || false,
      prompt_extend: body.prompt_extend ?? true,
    },
  };
}

async function generate(body, retries = 1) {
  const response = await fetch(`${UPSTREAM_BASE}/services/aigc/multimodal-generation/generation`, {
    method: "POST",
    headers: { Authorization: `Bearer ${DASHSCOPE_API_KEY}`, "Content-Type": "application/json" },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(Number(UPSTREAM_TIMEOUT) * 1000),
  });
  if (response.status >= 500 && retries > 0) return generate(body, retries - 1);
  const answer = await response.json();
  if (response.status === 429) throw new ApiError(429, answer.message, { type: "rate_limit_error", code: answer.code });
  if (response.status === 400) throw new ApiError(400, answer.message, { code: answer.code });
  if (!answer.output) throw new ApiError(502, "The image service failed", { type: "api_error" });
  return answer.output.choices.flatMap((choice) => choice.message.content).map((part) => part.image);
}

async function asBase64(url) {
  const response = await fetch(url);
  if (!response.ok) throw new ApiError(502, "The image could not be fetched", { type: "api_error" });
  return Buffer.from(await response.arrayBuffer()).toString("base64");
}

const app = express();
app.use(express.json());

app.post("/v1/images/generations", authenticate, async (req, res) => {
  const urls = await generate(parse(req.body));
  const data =
    req.body.response_format === "b64_json"
      ? await Promise.all(urls.map(async (url) => ({ b64_json: await asBase64(url) })))
      : urls.map((url) => ({ url }));
  res.json({ created: Math.floor(Date.now() / 1000), data, metadata: {} });
});

app.use((error, _req, res, _next) => {
  const { status = 500, message, type = "api_error", code = null, param = null } = error;
  res.status(status).json({ error: { message, type, code, param } });
});

app.listen(Number(PORT), "127.0.0.1");
