// Each worker has a session of the mock to itself: scenarios, journal and counters do not mix.
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { test as base } from "@playwright/test";

const MOCK = process.env.MOCK_URL ?? "http://127.0.0.1:8080";

export const test = base.extend({
  extraHTTPHeaders: async ({}, use, info) => use({ "X-Mock-Session": `worker-${info.workerIndex}` }),

  /** The mock's admin API for this worker, reset before each test. */
  session: async ({ playwright }, use, info) => {
    const api = await playwright.request.newContext({ baseURL: `${MOCK}/_mock/sessions/worker-${info.workerIndex}/` });
    await api.post("reset");
    await use(api);
    await api.dispose();
  },

  /** Where the app is served; yours is your development server. */
  site: [async ({}, use) => {
    const page = readFileSync("app.html");
    const server = createServer((_, response) => response.setHeader("Content-Type", "text/html").end(page));
    await once(server.listen(0, "127.0.0.1"), "listening");
    await use(`http://127.0.0.1:${server.address().port}`);
    server.closeAllConnections();
    server.close();
  }, { scope: "worker" }],

  app: async ({ page, session, site }, use) => {
    await page.goto(`${site}/?gateway=${MOCK}/powertokens/v1`);
    await use(page);
  },
});
