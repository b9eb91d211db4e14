import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Scenarios run the real program on two cores; more at once would only wait for each other.
    maxWorkers: 2,
  },
});
