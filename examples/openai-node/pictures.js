// Create pictures with an image gateway that is compatible with OpenAI's API.
import OpenAI, { APIConnectionError, APIError, RateLimitError } from "openai";

export function openClient(baseURL, options = {}) {
  return new OpenAI({ baseURL, apiKey: process.env.GATEWAY_TOKEN ?? "any-token", ...options });
}

/** The link to one square picture; the same seed gives a similar one. Throws an Error that can be shown to the user. */
export async function createPicture(client, prompt, seed) {
  try {
    const { data } = await client.images.generate({ model: "qwen-image-2.0-pro", prompt, size: "1024*1024", seed });
    return data[0].url;
  } catch (error) {
    throw new Error(explain(error), { cause: error });
  }
}

function explain(error) {
  if (error instanceof RateLimitError) return "Too many requests. Try again in a minute.";
  if (error instanceof APIConnectionError) return "The picture service is unreachable.";
  if (error instanceof APIError) return error.error?.message ?? "No picture was returned.";
  throw error;
}
