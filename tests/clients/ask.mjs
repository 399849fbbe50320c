// One call with the SDK, in Node.js or in a browser, and what its user gets to see, as JSON.
import OpenAI from "openai";

const GENERATIONS = "/images/generations";

export async function ask({ base, key, method, path, body, headers, milliseconds }) {
  const client = new OpenAI({
    baseURL: base,
    apiKey: key,
    defaultHeaders: headers,
    timeout: milliseconds,
    maxRetries: 0,
    dangerouslyAllowBrowser: true,
  });
  try {
    const generates = method === "post" && path === GENERATIONS;
    const answer = await (generates ? client.images.generate(body) : client[method](path));
    return { answer: body?.stream ? { events: await collected(answer) } : answer };
  } catch (error) {
    return { told: told(error) };
  }
}

async function collected(stream) {
  const events = [];
  for await (const event of stream) events.push(event);
  return events;
}

function told(error) {
  return {
    errors: Object.keys(OpenAI).filter((name) => name.endsWith("Error") && error instanceof OpenAI[name]),
    status: error.status ?? null,
    code: error.code ?? null,
    param: error.param ?? null,
    retry_after: error.headers?.get("retry-after") ?? null,
  };
}
