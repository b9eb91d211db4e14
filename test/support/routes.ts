import fc from "fast-check";
import type { ComponentKind } from "../../src/pack/component.ts";
import type { Facts } from "../../src/pack/facts.ts";
import type { Dialect } from "../../src/pack/identity.ts";
import type { PackFacts } from "../../src/pack/pack-facts.ts";
import type { PackModel } from "../../src/plan/meaning.ts";
import type { Change, ChangeKind } from "../../src/plan/plan.ts";
import { entry, liveFile } from "./entries.ts";

interface Definition {
  readonly kind: ComponentKind;
  readonly ref?: string;
  readonly runner?: string;
  readonly entry?: string;
  readonly workflow?: string;
}

/** What is known of a pack with these definitions. */
export function factsWith(definitions: Readonly<Record<string, Definition>>, dialect: Dialect = "attune"): PackFacts {
  const facts = Object.entries(definitions).map(([file, { kind, ref, runner, entry, workflow }]): [string, Facts] => {
    const links = [
      ...(entry === undefined ? [] : [{ to: "entry_point" as const, target: entry, path: ["entry_point"] }]),
      ...(workflow === undefined ? [] : [{ to: "workflow_file" as const, target: workflow, path: ["workflow_file"] }]),
    ];
    const about = { ...(ref !== undefined && { ref }), ...(runner !== undefined && { runner }) };
    return [file, { kind, ...about, parameters: [], defines: [], links }];
  });
  return { dialect, pack: "demo", definitions: new Map(facts), scripts: new Map() };
}

/** A pack whose definitions stay. */
export function modelOf(facts: PackFacts | undefined): PackModel {
  return { dialect: facts?.dialect ?? "attune", before: facts, after: facts };
}

/** A change of a file; `content` says what kind of file it is, see {@link entry}. */
export function changed(path: string, content = "text", kind: ChangeKind = "add"): Change {
  const [next, prev] = [entry(content), liveFile(path, content)];
  switch (kind) {
    case "add":
      return { kind, path, next };
    case "replace":
      return { kind, path, prev: liveFile(path, "text before"), next, displaces: false };
    case "remove":
      return { kind, path, prev, displaces: false };
    case "preserve":
      return { kind, path, prev, why: "volume-changed", next };
    case "carry":
      return { kind, path, prev };
    default:
      return kind satisfies never;
  }
}

const DIRECTORIES = [
  "",
  "actions/",
  "actions/workflows/",
  "sensors/",
  "lib/",
  "tests/",
  "docs/",
  "rules/",
  "aliases/",
  "x/",
];
const FILES = [
  "pack.yaml",
  "echo.yaml",
  "echo.sh",
  "fetch.py",
  "poll.py",
  "timer",
  "x.js",
  "README.md",
  "x.md",
  "requirements.txt",
  "config.yaml",
  "a b",
];

/** Of paths as packs have them, and of any others. */
export const anyPath: fc.Arbitrary<string> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.tuple(fc.constantFrom(...DIRECTORIES), fc.constantFrom(...FILES)).map((parts) => parts.join("")),
  },
  {
    weight: 1,
    arbitrary: fc.array(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 3 }).map((parts) => parts.join("/")),
  },
);

const anyContent = fc.constantFrom("text", "static-elf", "dynamic-elf");

export const anyChange: fc.Arbitrary<Change> = fc
  .tuple(anyPath, anyContent, fc.constantFrom<ChangeKind>("add", "replace", "remove", "preserve", "carry"))
  .map(([path, content, kind]) => changed(path, content, kind));
