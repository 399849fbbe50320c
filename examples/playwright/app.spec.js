import { expect } from "@playwright/test";
import { test } from "./fixtures.js";

async function create(app, prompt) {
  await app.getByLabel("Prompt").fill(prompt);
  await app.getByRole("button", { name: "Create" }).click();
}

test("a picture is shown", async ({ app }) => {
  await create(app, "a lighthouse at dusk");
  await expect(app.getByRole("status")).toHaveText("Done");
  await expect(app.getByAltText("a lighthouse at dusk")).toBeVisible();
});

test("a rate limit is told, and the next try works", async ({ app, session }) => {
  await session.put("scenario", { data: { scenario: "rate-limit", times: 1, gateway: "powertokens" } });
  await create(app, "a lighthouse");
  await expect(app.getByRole("status")).toContainText(/rate limit|too many/i);
  await create(app, "a lighthouse");
  await expect(app.getByRole("status")).toHaveText("Done");
});

test("a session records the requests of its own worker alone", async ({ app, session }) => {
  await create(app, "a boat");
  await expect(app.getByRole("status")).toHaveText("Done");
  const { requests } = await (await session.get("requests")).json();
  expect(requests).toHaveLength(1);
});
