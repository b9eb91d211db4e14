import { describe, expect, test } from "vitest";
import { LIMITS } from "../../src/install/limits.ts";
import type { Registry } from "../../src/install/registry.ts";
import { searchRegistries } from "../../src/install/search.ts";
import { type Story, story } from "../scenarios/support/story.ts";
import { serveWeb } from "../support/web.ts";

const NEVER = new AbortController().signal;

const AWS = { ref: "aws", version: "1.2.0", label: "Amazon", description: "S3 and\nEC2", keywords: ["cloud", 7] };
const GCP = { ref: "gcp", version: "2.0.0", label: "Google Cloud", description: "Not of AWS" };
const BARE = { ref: "bare", version: 1, keywords: "cloud" };

function searching(it: Story, registries: readonly Registry[]) {
  let files = 0;
  const deps = {
    registries,
    cache: undefined,
    limits: LIMITS,
    network: { allowed: ["127.0.0.1"], tls: "verified" },
    now: Date.now,
    scratch: () => it.at(`scratch-${files++}`),
  } as const;
  return (words: readonly string[], abort = NEVER) => searchRegistries(words, deps, abort);
}

function indexed(it: Story, name: string, packs: readonly object[], priority = 100): Registry {
  it.write(`${name}.json`, JSON.stringify({ packs }));
  return { url: `file://${it.at(`${name}.json`)}`, priority, plainHttp: "refused" };
}

describe("packs that have every word", () => {
  test.for([
    { words: ["aws"], refs: ["aws", "gcp"] },
    { words: ["AWS"], refs: ["aws", "gcp"] },
    { words: ["cloud"], refs: ["aws", "gcp"] },
    { words: ["cloud", "google"], refs: ["gcp"] },
    { words: ["bar"], refs: ["bare"] },
    { words: ["s3", "google"], refs: [] },
    { words: ["toString"], refs: [] },
  ])("$words: $refs", async ({ words, refs }) => {
    using it = story();
    const { found, failed } = await searching(it, [indexed(it, "one", [GCP, BARE, AWS])])(words);
    expect(found.map(({ ref }) => ref)).toEqual(refs);
    expect(failed).toEqual([]);
  });
});

test("registries are asked by priority; what an earlier one has, too, is shadowed", async () => {
  using it = story();
  const [late, early] = [indexed(it, "late", [{ ...AWS, version: "3.0.0" }]), indexed(it, "early", [AWS], 10)];
  const { found } = await searching(it, [late, early])(["aws"]);
  expect(found).toEqual([
    { ...AWS, keywords: ["cloud"], registry: early.url, shadowed: false },
    { ...AWS, keywords: ["cloud"], version: "3.0.0", registry: late.url, shadowed: true },
  ]);
});

test("a registry that cannot be read is said, without its credentials, and the others are searched", async () => {
  using it = story();
  await using web = await serveWeb((_, response) => response.writeHead(500).end());
  const broken: Registry = {
    url: `http://me:hidden@${web.host}/index.json?key=hidden`,
    priority: 1,
    plainHttp: "allowed",
    headers: { authorization: "hidden" },
  };
  const none: Registry = { url: "file:///none.json", priority: 1, plainHttp: "refused" };
  const search = searching(it, [broken, none, indexed(it, "one", [AWS])]);
  const { found, failed } = await search(["aws"]);
  expect(found).toHaveLength(1);
  expect(failed.map(({ registry }) => registry)).toEqual([`${web.url}/index.json?…`, "file:///none.json"]);
  expect(JSON.stringify(failed)).not.toMatch(/hidden/);
  await expect(search(["aws"], AbortSignal.abort(new Error("enough")))).rejects.toThrow("enough");
});
