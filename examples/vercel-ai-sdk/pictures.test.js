// Run against a mock: `check-gateway mock`, then `npm test`.
import assert from "node:assert/strict";
import { test } from "node:test";
import { APICallError } from "ai";
import { createPictures, openGateway } from "./pictures.js";

const BASE = `${process.env.MOCK_URL ?? "http://127.0.0.1:8080"}/powertokens/v1`;

test("two pictures come as bytes", async () => {
  const images = await createPictures(openGateway(BASE), "a lighthouse at dusk", { n: 2, seed: 0 });
  assert.deepEqual(images.map((image) => image.mediaType), ["image/png", "image/png"]);
});

test("a rate limit is an error with its status", async () => {
  const gateway = openGateway(BASE, { "X-Mock-Scenario": "rate-limit" });
  await assert.rejects(createPictures(gateway, "a lighthouse", { maxRetries: 0 }), (error) => {
    assert.ok(APICallError.isInstance(error));
    assert.equal(error.statusCode, 429);
    return true;
  });
});
