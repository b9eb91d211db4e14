import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Diagnostic } from "../../src/pack/diagnostics.ts";
import { packAt, scan } from "../support/scanner.ts";
import { attunePack, stackstormPack } from "../support/sound-packs.ts";
import { type Content, scratch, type TreeOf, writeTree } from "../support/trees.ts";
import { desk, textOf } from "../support/validated.ts";

const packs = [
  { dialect: "attune", pack: attunePack },
  { dialect: "stackstorm", pack: stackstormPack },
] as const;

/** One change of a text: at a share of its length, this many characters become others. */
interface Edit {
  readonly at: number;
  readonly length: number;
  readonly by: string;
}

const anyEdit: fc.Arbitrary<Edit> = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  length: fc.oneof(fc.nat(3), fc.nat(60)),
  by: fc.oneof(
    fc.constantFrom(
      ...["", " ", "  ", "\t", "\n", "\r", "\r\n", ":", ": ", "- ", "'", '"', "{", "[", "]", "}", ",", "#"],
    ),
    fc.constantFrom(
      ...["&a ", "*a", "<<: *a", "!x ", "|", "? ", "---\n", "\n...\n", "{{ x }}", "\u2028", "\x85", "é💥", "\0"],
    ),
    fc.constantFrom(
      ...["name: x\n", "ref: demo.ping\n", "name: ping\n", "tasks:\n", "  action: demo.gone\n", "=", "1.10", "yes"],
    ),
    fc.string({ maxLength: 5 }),
  ),
});

function edited(text: string, { at, length, by }: Edit): string {
  const start = Math.floor(at * text.length);
  return text.slice(0, start) + by + text.slice(start + length);
}

describe.for(packs)("of a pack of $dialect,", ({ pack }) => {
  const paths = Object.keys(pack);
  const editsOfFiles = fc.array(
    fc.tuple(fc.constantFrom(...paths), fc.array(anyEdit, { minLength: 1, maxLength: 3 })),
    { minLength: 1, maxLength: 3 },
  );

  test("however its files are edited, every finding stands inside of its file", async () => {
    await fc.assert(
      fc.asyncProperty(editsOfFiles, async (edits) => {
        const texts = new Map(edits.map(([path, each]) => [path, each.reduce(edited, textOf(pack, path))]));
        const tree = { ...pack, ...Object.fromEntries(texts) };
        for (const finding of await found(tree)) expectInside(finding, tree);
      }),
      { numRuns: 300 },
    );
  }, 120_000);

  test("whatever bytes stand in a definition, it is judged", async () => {
    const definitions = paths.filter((path) => path.endsWith(".yaml"));
    const bytes = fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.uint8Array({ maxLength: 200, max: 0x7f }));
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...definitions), bytes, async (path, content) => {
        const tree = { ...pack, [path]: content };
        for (const finding of await found(tree)) expectInside(finding, tree);
      }),
      { numRuns: 200 },
    );
  }, 120_000);
});

async function found(tree: TreeOf<Content>): Promise<readonly Diagnostic[]> {
  using directory = scratch();
  writeTree(`${directory.path}/demo`, tree);
  const { diagnostics } = await scan(packAt(`${directory.path}/demo`));
  return diagnostics;
}

function expectInside(finding: Diagnostic, tree: TreeOf<Content>): void {
  const { file, line, column, endLine, endColumn } = finding;
  if (file === undefined || line === undefined || column === undefined) return;
  const content = tree[file];
  const text = content instanceof Uint8Array ? new TextDecoder().decode(content) : textOf(tree, file);
  const lines = text.replace(/^\uFEFF/, "").split(/\r\n|[\n\r\x85\u2028\u2029]/);
  const said = JSON.stringify({ finding, text });
  expect(Math.min(line, column), said).toBeGreaterThan(0);
  expect(column, said).toBeLessThanOrEqual((lines[line - 1]?.length ?? -1) + 1);
  if (endLine === undefined || endColumn === undefined) return;
  expect(endColumn, said).toBeLessThanOrEqual((lines[endLine - 1]?.length ?? -1) + 1);
  expect(endLine > line || (endLine === line && endColumn >= column), said).toBe(true);
}

test.for([
  { title: "ten million characters of one value", text: `ref: demo.big\nlabel: ${"x".repeat(10_000_000)}\n` },
  { title: "ten million characters of a quoted value", text: `ref: demo.big\nlabel: "${"x".repeat(10_000_000)}"\n` },
  { title: "a block of ten million characters", text: `ref: demo.big\nlabel: |\n${"  xxxxxxx\n".repeat(1_000_000)}` },
  { title: "a hundred thousand open lists", text: `ref: demo.big\nlabel: ${"[".repeat(100_000)}\n` },
  { title: "a hundred levels of mappings", text: `ref: demo.big\nlabel: ${"{a: ".repeat(100)}1${"}".repeat(100)}\n` },
  { title: "ten million zeros", text: "\0".repeat(10_000_000) },
  { title: "ten million bytes that are no UTF-8", text: new Uint8Array(10_000_000).fill(0xff) },
])("$title are judged within bounded time", { timeout: 30_000 }, async ({ text }) => {
  using own = desk();
  const begun = performance.now();
  const [diagnostics = []] = await own.validated([{ ...attunePack, "triggers/big.yaml": text }]);
  expect(performance.now() - begun, "ms").toBeLessThan(15_000);
  expect(diagnostics.every(({ file }) => file === "triggers/big.yaml")).toBe(true);
  for (const { message, hint = "" } of diagnostics) expect(message.length + hint.length).toBeLessThan(1000);
});

describe("an action in either style of parameters has no finding", () => {
  const flat = "  host:\n    type: string\n    required: true\n  port: {type: integer, default: 80}\n";
  test("of StackStorm", async () => {
    const action = `name: a\nrunner_type: python-script\nentry_point: ping.py\nparameters:\n${flat}`;
    expect(await found({ ...stackstormPack, "actions/a.yaml": action })).toEqual([]);
  });

  test.for([
    { title: "flat", parameters: flat, codes: [] },
    {
      title: "JSON Schema, but for the advice to write it flat",
      parameters:
        "  type: object\n  properties:\n    host: {type: string}\n    port: {type: integer, default: 80}\n  required: [host]\n",
      codes: ["warning schema.json_schema"],
    },
  ])("of Attune, $title", async ({ parameters, codes }) => {
    const action = `ref: demo.a\nlabel: A\nrunner_type: python\nentry_point: ping.py\nparameters:\n${parameters}`;
    const diagnostics = await found({ ...attunePack, "actions/a.yaml": action });
    expect(diagnostics.map(({ severity, code }) => `${severity} ${code}`)).toEqual(codes);
  });
});

test.for([
  { title: "StackStorm's definitions in a pack of Attune", pack: attunePack, others: stackstormPack },
  { title: "Attune's definitions in a pack of StackStorm", pack: stackstormPack, others: attunePack },
])("$title have one finding", async ({ pack, others }) => {
  const rules = Object.keys(others).filter((path) => /^(actions|rules|policies)\/[^/]*\.yaml$/.test(path));
  const foreign = rules.flatMap((path) =>
    [1, 2, 3].map((each) => [path.replace(".yaml", `_${each}.yaml`), textOf(others, path)] as const),
  );
  const diagnostics = await found({ ...pack, ...Object.fromEntries(foreign) });
  expect(diagnostics.map(({ severity, code }) => `${severity} ${code}`)).toEqual(["warning pack.mixed_dialects"]);
});
