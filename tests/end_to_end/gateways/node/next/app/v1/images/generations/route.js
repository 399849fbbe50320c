// The page of Powerbuyin as a route handler of Next.js.

const { UPSTREAM_BASE, DASHSCOPE_API_KEY, GATEWAY_API_KEY, UPSTREAM_TIMEOUT = "60" } = process.env;

function failure(message, status) {
  return Response.json({ error: message }, { status });
}

export async function POST(request) {
  const token = request.headers.get("authorization")?.split(" ")[1];
  if (token !== GATEWAY_API_KEY) {
    return failure("Unauthorized", 401);
  }

  const { model, input, n = 1, size, response_format = "url", parameters, ...rest } = await request.json();
  if (parameters) {
    return failure("parameters is not accepted", 400);
  }
  if (model !== "qwen-image-2.0-pro" || !input?.messages?.length) {
    return failure("model and input.messages are required", 400);
  }
  if (n < 1 || n > 6) {
    return failure("n must be between 1 and 6", 400);
  }
  if (size && !size.match(/^\d+[x*]\d+$/)) {
    return failure("size must be WIDTHxHEIGHT or WIDTH*HEIGHT", 400);
  }

  try {
    const response = await fetch(`${UPSTREAM_BASE}/services/aigc/multimodal-generation/generation`, {
      method: "POST",
      headers: { Authorization: `Bearer ${DASHSCOPE_API_KEY}`, "Content-Type": "application/json" },
      body: JSON.stringify({
        model,
        input: { messages: [{ role: "user", content: input.messages[0].content }] },
        parameters: { n, ...(size ? { size: size.replace("x", "*") } : {}), ...rest },
      }),
      signal: AbortSignal.timeout(Number(UPSTREAM_TIMEOUT) * 1000),
    });
    const result = await response.json();
    if (!response.ok) {
      return failure(result.message, response.status);
    }
    const urls = result.output.choices.flatMap(({ message }) => message.content.map(({ image }) => image));
    const data = [];
    for (const url of urls) {
      if (response_format === "b64_json") {
        const image = await fetch(url);
        data.push({ b64_json: Buffer.from(await image.arrayBuffer()).toString("base64") });
      } else {
        data.push({ url });
      }
    }
    return Response.json({ created: Date.now(), data, metadata: { request_id: result.request_id } });
  } catch (error) {
    return failure(error.message, 502);
  }
}
