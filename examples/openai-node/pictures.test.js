// Run against a mock: `check-gateway mock`, then `npm test`.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createPicture, openClient } from "./pictures.js";

const BASE = `${process.env.MOCK_URL ?? "http://127.0.0.1:8080"}/powertokens/v1`;

function clientIn(scenario) {
  return openClient(BASE, { maxRetries: 0, defaultHeaders: { "X-Mock-Scenario": scenario } });
}

test("a picture can be downloaded", async () => {
  const link = await createPicture(openClient(BASE), "a lighthouse at dusk", 0);
  const response = await fetch(link);
  assert.equal(response.headers.get("content-type"), "image/png");
});

for (const [scenario, text] of [
  ["rate-limit", "Too many requests. Try again in a minute."],
  ["moderation", "The image service makes no pictures of this."],
  ["reset", "The picture service is unreachable."],
]) {
  test(`the user learns of ${scenario}`, async () => {
    await assert.rejects(createPicture(clientIn(scenario), "a lighthouse", 7), { message: text });
  });
}
