import { expect, test } from "vitest";
import { asPackRef, type PackRef } from "../../src/pack/ref.ts";
import { type Claim, resolveClaims } from "../../src/plan/claims.ts";

/** Each claim is `<source>/<directory> = <ref>`; `*` marks the one that is live. */
test.for([
  {
    title: "each its own",
    claims: ["packs/a = aa", "packs/b = bb"],
    byRef: { aa: ["packs/a"], bb: ["packs/b"] },
    duplicates: [],
  },
  {
    title: "a later source shadows",
    claims: ["packs/a = aa", "packs.dev/x = aa"],
    byRef: { aa: ["packs.dev/x", "packs/a"] },
    duplicates: [],
  },
  {
    title: "the one that is live does not matter between sources",
    claims: ["*packs/a = aa", "packs.dev/x = aa"],
    byRef: { aa: ["packs.dev/x", "packs/a"] },
    duplicates: [],
  },
  {
    title: "two directories of one source are both refused",
    claims: ["packs/a = aa", "packs/copy = aa"],
    byRef: { aa: [] },
    duplicates: ["packs/a, because of copy", "packs/copy, because of a"],
  },
  {
    title: "the one that is live keeps the ref",
    claims: ["packs/copy = aa", "*packs/original = aa", "packs/other = aa"],
    byRef: { aa: ["packs/original"] },
    duplicates: ["packs/copy, because of original", "packs/other, because of original"],
  },
  {
    title: "a quarrel in one source leaves the other source's pack",
    claims: ["packs/a = aa", "packs.dev/x = aa", "packs.dev/y = aa"],
    byRef: { aa: ["packs/a"] },
    duplicates: ["packs.dev/x, because of y", "packs.dev/y, because of x"],
  },
])("$title", ({ claims, byRef, duplicates }) => {
  const resolved = resolveClaims(claims.map(parse), ({ isLive }) => isLive);
  const refs = [...resolved.byRef].map(([name, accepted]) => [name, accepted.map(nameOf)]);
  expect(Object.fromEntries(refs)).toEqual(byRef);
  expect(resolved.duplicates.map(({ claim, other }) => `${nameOf(claim)}, because of ${other}`)).toEqual(duplicates);
});

interface TestClaim extends Claim {
  readonly isLive: boolean;
}

function parse(text: string): TestClaim {
  const [, live, source = "", directory = "", name = ""] = /^(\*?)(.+)\/(.+) = (.+)$/.exec(text) ?? [];
  return { source, directory, ref: ref(name), rank: source === "packs" ? 0 : 1, isLive: live === "*" };
}

function nameOf({ source, directory }: Claim): string {
  return `${source}/${directory}`;
}

function ref(text: string): PackRef {
  const packRef = asPackRef(text);
  if (packRef === undefined) throw new Error(`Expected a ref, got ${text}`);
  return packRef;
}
