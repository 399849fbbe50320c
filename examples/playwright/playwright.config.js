import { defineConfig } from "@playwright/test";

export default defineConfig({
  workers: 2,
  fullyParallel: true,
  reporter: "line",
  timeout: 90_000, // on a busy machine
  expect: { timeout: 30_000 },
  use: {
    // A browser of the system where CHROMIUM names one, else what `npx playwright install chromium` has put there.
    launchOptions: { executablePath: process.env.CHROMIUM },
  },
});
