import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { story } from "../scenarios/support/story.ts";
import { type Marked, startLanguageServer } from "../support/language-server.ts";

const page = readFileSync(join(import.meta.dirname, "../../docs/editor.md"), "utf8");
const block = (language: string): string => new RegExp(`\`\`\`${language}\n([^\`]+)\`\`\``).exec(page)?.[1] ?? "";
const FILE = "packs/mypack/triggers/nightly.yaml";
const good = "ref: mypack.nightly\nlabel: Every night\nenabled: true\n";

const isNothing = (marked: readonly Marked[]) => marked.length === 0;
const isSomething = (marked: readonly Marked[]) => marked.length > 0;

test.for([
  { title: "a list where text is meant", text: good.replace("Every night", "[a]"), line: 1, message: /string|type/i },
  { title: "a value of another type", text: `${good}parameters: [a]\n`, line: 3, message: /object|type/i },
  { title: "text for true or false", text: good.replace("true", '"yes"'), line: 2, message: /boolean|type/i },
])(
  "the settings of docs/editor.md make the language server mark $title, and nothing once it is mended",
  async (bad) => {
    using it = story({ packs: { mypack: { triggers: { "nightly.yaml": bad.text } } } });
    expect(it.packsync(["schema", "--write", ".packsync-schemas"]).code).toBe(0);
    await using server = await startLanguageServer(it.directory, nested(JSON.parse(block("json"))));
    const [first, ...others] = await server.marks(FILE, bad.text, isSomething);
    expect(others).toEqual([]);
    expect(first?.message).toMatch(bad.message);
    expect(first?.range.start.line).toBe(bad.line);
    expect(await server.marks(FILE, good, isNothing)).toEqual([]);
  },
);

test("the comment in the first line does the same without settings", async () => {
  using it = story({ packs: { mypack: { triggers: { "nightly.yaml": "" } } } });
  expect(it.packsync(["schema", "--write", ".packsync-schemas"]).code).toBe(0);
  const example = block("yaml");
  expect(example).toContain("# yaml-language-server:");
  await using server = await startLanguageServer(it.directory, { yaml: { schemaStore: { enable: false } } });
  const marked = await server.marks(FILE, example.replace("Every night", "[a]"), isSomething);
  expect(marked.map(({ message }) => message).join()).toMatch(/string|type/i);
  expect(await server.marks(FILE, example, isNothing)).toEqual([]);
});

test("the settings of docs/editor.md are among those that the program prints", () => {
  using it = story({ packs: {} });
  const { stdout } = it.packsync(["schema", "--write", ".packsync-schemas", "--format", "json"]);
  expect(JSON.parse(stdout).settings).toMatchObject(JSON.parse(block("json")));
});

/** What an editor sends of `yaml.schemas`; without the store, which is on the network. */
function nested(settings: Record<string, unknown>): Record<string, unknown> {
  return { yaml: { schemas: settings["yaml.schemas"], validate: true, schemaStore: { enable: false } } };
}
