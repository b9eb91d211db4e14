import { writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { CycleNews } from "../../src/cycle/news.ts";
import { performOnce } from "../../src/once.ts";
import { elfFile } from "../support/elf.ts";
import { silent, testConfig } from "../support/sync.ts";
import { scratch, writeTree } from "../support/trees.ts";

const ACTION = "ref: core.echo\nlabel: Echo\ndescription: Says it\nrunner_type: native\nentry_point: echo\n";
const PACK = {
  "packs/core/pack.yaml": "ref: core\nlabel: core\nversion: 1.0.0\n",
  "packs/core/actions/echo.yaml": ACTION,
  "packs/core/actions/echo": elfFile(),
};

/** A look at `core`, which was saved just now. */
async function look(root: string, patience: "patient" | "final"): Promise<CycleNews> {
  const options = { config: testConfig(root), log: silent, doing: "test", onProgress() {} };
  const patient = patience === "patient" ? ["packs/core"] : [];
  const request = { look: "places", sources: [], places: ["packs/core"], patient } as const;
  return await performOnce("cycle", request, options, new AbortController().signal);
}

describe("what looks half-written is left alone once, then it counts", () => {
  test.for<{ title: string; path: string; content: string | Uint8Array }>([
    { title: "a definition that was truncated", path: "actions/echo.yaml", content: "" },
    { title: "a definition that ends in a key", path: "actions/echo.yaml", content: "ref" },
    { title: "YAML that does not parse", path: "actions/echo.yaml", content: `${ACTION}output: [` },
    { title: "a pack.yaml that was truncated", path: "pack.yaml", content: "" },
    {
      title: "half a binary",
      path: "actions/echo",
      content: elfFile().subarray(0, 80),
    },
  ])("$title", async ({ path, content }) => {
    using directory = scratch();
    writeTree(directory.path, PACK);
    expect(await look(directory.path, "final")).toMatchObject({ waiting: [], totals: { published: 1 } });
    writeFileSync(`${directory.path}/packs/core/${path}`, content);
    expect(await look(directory.path, "patient")).toMatchObject({
      waiting: ["packs/core"],
      totals: { published: 0, rejected: 0, waiting: 1 },
    });
    expect(await look(directory.path, "final")).toMatchObject({
      waiting: [],
      packs: [{ ref: "core", outcome: "rejected" }],
    });
  });
});
