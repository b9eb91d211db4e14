import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Diagnostic } from "../../src/pack/diagnostics.ts";
import { validate } from "../../src/validate.ts";
import { testConfig } from "../support/sync.ts";
import { scratch } from "../support/trees.ts";

const read = (path: string): string => readFileSync(join(import.meta.dirname, "../..", path), "utf8");

/** One file of an example, as its block says. */
interface Block {
  readonly path: string;
  /** `yaml`, `sh`, …; `gone`: there is no such file; `link`: a symlink, whose target is the text. */
  readonly language: string;
  /** Words behind the language: `executable`, `crlf` (Windows line ends). */
  readonly marks: readonly string[];
  readonly text: string;
}

interface Section {
  readonly code: string;
  readonly severities: readonly string[];
  readonly isOfFiles: boolean;
  readonly wrong: readonly Block[];
  readonly right: readonly Block[];
}

const sections = sectionsOf(read("docs/diagnostics.md"));

function sectionsOf(page: string): readonly Section[] {
  const parts = page.split(/^### /m).slice(1);
  return parts.map((part) => {
    const [code = "", ...lines] = (part.split(/^## /m)[0] ?? "").split("\n");
    const body = lines.join("\n");
    const [about = "", wrong = "", right = ""] = body.split(/^#### (?:wrong|right)$/m);
    const [, severities = ""] = /^\s*([a-z, ]+) · .+/.exec(about) ?? [];
    const isOfFiles = !about.includes("(not of files)");
    return { code, severities: severities.split(", "), isOfFiles, wrong: blocksIn(wrong), right: blocksIn(right) };
  });
}

function blocksIn(text: string): readonly Block[] {
  const blocks = text.matchAll(/^`([^`\n]+)`\n+(`{3,})(\w*)([^\n]*)\n([\s\S]*?)^\2$/gm);
  return [...blocks].map(([, path = "", , language = "", marks = "", content = ""]) => ({
    path,
    language,
    marks: marks.trim().split(/\s+/),
    text: content,
  }));
}

/** The findings about a pack of these files in a directory `demo`; of a path, the last block counts. */
async function findingsOf(blocks: readonly Block[]): Promise<readonly Diagnostic[]> {
  using directory = scratch();
  const pack = `${directory.path}/packs/demo`;
  mkdirSync(pack, { recursive: true });
  for (const block of new Map(blocks.map((each) => [each.path, each])).values()) writeBlock(pack, block);
  const config = testConfig(directory.path);
  const limits = { ...config.limits, maxDefinitionSize: 1_000_000 };
  const request = { paths: [pack], cwd: directory.path, dialect: undefined, strict: false, fix: false };
  const { packs } = await validate({ ...config, limits }, request);
  return packs.flatMap(({ diagnostics }) => diagnostics);
}

function writeBlock(root: string, { path, language, marks, text }: Block): void {
  if (language === "gone") return;
  const target = `${root}/${path}`;
  mkdirSync(dirname(target), { recursive: true });
  if (language === "link") {
    symlinkSync(text.trim(), target);
    return;
  }
  writeFileSync(target, marks.includes("crlf") ? text.replaceAll("\n", "\r\n") : text);
  if (marks.includes("executable")) chmodSync(target, 0o755);
}

describe("docs/diagnostics.md", () => {
  /** The rows of docs/cli.md's table, of which docs.test.ts proves that they are the codes of the program. */
  const rows = new Map(
    [...read("docs/cli.md").matchAll(/^\| `([a-z_]+\.[a-z_]+)` \| ([a-z, ]+) \|/gm)].map(
      ([, code = "", severity = ""]) => [code, severity.split(", ")],
    ),
  );

  test("has a section for each code, each once, and no other", () => {
    expect(sections.map(({ code }) => code).sort()).toEqual([...rows.keys()].sort());
  });

  test.for(sections)("says of $code how bad it is as docs/cli.md does", ({ code, severities }) => {
    expect(severities).toEqual(rows.get(code));
  });

  test.for(sections)("has two examples of $code, or says that files cannot show it", ({ isOfFiles, wrong, right }) => {
    expect([wrong.length > 0, right.length > 0]).toEqual([isOfFiles, isOfFiles]);
  });
});

const examples = sections.filter(({ isOfFiles }) => isOfFiles);

describe("the wrong example gives exactly its code", () => {
  test.for(examples)("$code", async ({ code, severities, wrong }) => {
    const findings = await findingsOf(wrong);
    expect([...new Set(findings.map((finding) => finding.code))], JSON.stringify(findings, null, 2)).toEqual([code]);
    expect(severities).toContain(findings[0]?.severity);
  });
});

describe("the right example has nothing wrong with it", () => {
  test.for(examples)("$code", async ({ wrong, right }) => {
    expect(await findingsOf([...wrong, ...right])).toEqual([]);
  });
});
