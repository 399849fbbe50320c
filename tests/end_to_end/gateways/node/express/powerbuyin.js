// The page of Powerbuyin as an Express application.
import express from "express";

const { UPSTREAM_BASE, DASHSCOPE_API_KEY, GATEWAY_API_KEY, UPSTREAM_TIMEOUT = "60", PORT = "3000" } = process.env;
const MODELS = ["qwen-image-2.0-pro"];

const app = express();
app.use(express.json());

const badRequest = (res, message, param = null) =>
  res.status(400).json({ error: { message, type: "invalid_request_error", code: "bad_request", param } });

app.use((req, res, next) => {
  if (req.get("Authorization") !== `Bearer ${GATEWAY_API_KEY}`) {
    return res.status(401).json({
      error: { message: "Invalid token", type: "authentication_error", code: "invalid_api_key", param: null },
    });
  }
  next();
});

app.post("/v1/images/generations", async (req, res) => {
  const body = req.body;
  const prompt = body.input?.messages?.[0]?.content?.[0]?.text;
  if (!MODELS.includes(body.model)) return badRequest(res, "Unknown model", "model");
  if (!prompt) return badRequest(res, "input.messages[0].content[0].text is required", "input");
  if (body.parameters) return badRequest(res, "parameters is not accepted", "parameters");
  if (body.n !== undefined && (!Number.isInteger(body.n) || body.n < 1 || body.n > 6)) {
    return badRequest(res, "n must be an integer from 1 to 6", "n");
  }
  if (body.size && !/^\d+[x*]\d+$/.test(body.size)) return badRequest(res, "size must look like 1024x1024", "size");
  const responseFormat = body.response_format || "url";
  if (!["url", "b64_json"].includes(responseFormat)) {
    return badRequest(res, "response_format must be url or b64_json", "response_format");
  }

  const parameters = {
    n: body.n,
    size: body.size && body.size.replace("x", "*"),
    negative_prompt: body.negative_prompt,
    prompt_extend: body.prompt_extend,
    watermark: body.watermark,
    seed: body.seed,
  };
  const upstream = await fetch(`${UPSTREAM_BASE}/services/aigc/multimodal-generation/generation`, {
    method: "POST",
    headers: { Authorization: `Bearer ${DASHSCOPE_API_KEY}`, "Content-Type": "application/json" },
    body: JSON.stringify({
      model: body.model,
      input: { messages: [{ role: "user", content: [{ text: prompt }] }] },
      parameters,
    }),
    signal: AbortSignal.timeout(Number(UPSTREAM_TIMEOUT) * 1000),
  });
  const answer = await upstream.json();
  if (!upstream.ok) {
    const { code, message } = answer;
    return res.status(upstream.status).json({ error: { message, type: "upstream_error", code, param: null } });
  }

  const images = answer.output.choices.flatMap((choice) => choice.message.content.map((part) => part.image));
  const data = await Promise.all(
    images.map(async (url) => {
      if (responseFormat === "url") return { url };
      const image = await fetch(url);
      return { b64_json: Buffer.from(await image.arrayBuffer()).toString("base64") };
    }),
  );
  res.json({ created: Math.floor(Date.now() / 1000), data, metadata: {} });
});

app.listen(Number(PORT), "127.0.0.1");
