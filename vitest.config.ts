import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/**
 * What takes a minute and more, the longest first. By itself vitest starts the largest files first, where it does not know
 * from an earlier run how long they take, and in CI there is none: files like these, short and slow, came last and ran alone.
 */
const SLOWEST = [
  "test/scenarios/kill-points.test.ts",
  "test/container/container.test.ts",
  "test/scenarios/concurrency-kill.test.ts",
  "test/model/volume.model.test.ts",
  "test/scenarios/concurrency-late-writers.test.ts",
  "test/engine/delivery.test.ts",
  "test/scenarios/failing-calls.test.ts",
  "test/scenarios/catalog.test.ts",
  "test/scenarios/concurrency-torn-reads.test.ts",
];

class SlowestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const index = SLOWEST.findIndex((file) => moduleId.endsWith(`/${file}`));
      return index === -1 ? SLOWEST.length : index;
    };
    return (await super.sort(files)).toSorted((a, b) => rank(a) - rank(b));
  }
}

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 180_000, // some build the program
    // Scenarios run the real program on two cores; more at once would only wait for each other.
    maxWorkers: 2,
    sequence: { sequencer: SlowestFirst },
  },
});
