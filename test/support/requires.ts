import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";

const isStrict = process.env["PACKSYNC_TEST_STRICT"] === "1";

/** What some tests need of the machine. */
export const requires = {
  root: process.geteuid?.() === 0,
  tool(name: string): boolean {
    try {
      execFileSync("sh", ["-c", 'command -v "$1"', "sh", name], { stdio: "ignore" });
      return true;
    } catch {
      return false;
    }
  },
};

interface Needs {
  readonly root?: true;
  readonly tools?: readonly string[];
  /** In milliseconds. */
  readonly timeout?: number;
}

/** A test that needs root or tools: without them it says so and is skipped, or fails when the run is strict. */
export function testWith({ root, tools = [], timeout }: Needs, title: string, run: () => void | Promise<void>): void {
  const missing = [...(root && !requires.root ? ["root"] : []), ...tools.filter((tool) => !requires.tool(tool))].join(
    ", ",
  );
  if (missing === "") {
    test(title, { ...(timeout === undefined ? {} : { timeout }) }, run);
  } else if (isStrict) {
    test(title, () => expect.fail(`Expected ${missing}, for PACKSYNC_TEST_STRICT=1`));
  } else {
    process.stderr.write(`SKIPPED for want of ${missing}: ${title}\n`);
    test.skip(title, run);
  }
}
