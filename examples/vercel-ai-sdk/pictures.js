// Create pictures with the AI SDK of Vercel and an image gateway that is compatible with OpenAI's API.
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { generateImage } from "ai";

export function openGateway(baseURL, headers = {}) {
  return createOpenAICompatible({ name: "gateway", baseURL, apiKey: process.env.GATEWAY_TOKEN ?? "any-token", headers });
}

/** Pictures as { uint8Array, mediaType }. What only this gateway knows goes into `providerOptions`, its sizes too. */
export async function createPictures(gateway, prompt, { n = 1, seed, maxRetries } = {}) {
  const { images } = await generateImage({
    model: gateway.imageModel("qwen-image-2.0-pro"),
    prompt,
    n,
    maxRetries,
    maxImagesPerCall: 6,
    providerOptions: { gateway: { size: "1024*1024", seed } },
  });
  return images;
}
