import { relative } from "node:path";
import { beforeEach } from "vitest";
import open from "./open-findings.json" with { type: "json" };

/**
 * Tests that are right while the program is not yet: each is an open finding, listed by name in open-findings.json and
 * skipped until it is mended. Mending one means deleting its line.
 */
const findings: ReadonlySet<string> = new Set(open);

beforeEach(({ task, skip }) => {
  const titles: string[] = [task.name];
  for (let suite = task.suite; suite !== undefined && suite.name !== ""; suite = suite.suite)
    titles.unshift(suite.name);
  const name = [relative(process.cwd(), task.file.filepath), ...titles].join(" > ");
  skip(findings.has(name), "open finding");
});
