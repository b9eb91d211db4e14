import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: process.env["PACKSYNC_TEST_SOAK"] === "1" ? [] : ["test/soak/**"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Scenarios run the real program on two cores; more at once would only wait for each other.
    maxWorkers: 2,
  },
});
