import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // The scenarios and the contract suite have open findings; `npm run test:scenarios` runs them all the same.
    exclude: process.env["PACKSYNC_SCENARIOS"] === "1" ? [] : ["test/scenarios/**", "test/contract/**"],
    setupFiles: ["test/open-findings.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Scenarios run the real program on two cores; more at once would only wait for each other.
    maxWorkers: 2,
  },
});
