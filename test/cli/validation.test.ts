import { describe, expect, test } from "vitest";
import * as z from "zod/mini";
import { githubText } from "../../src/cli/github-text.ts";
import { sarifDocument } from "../../src/cli/sarif.ts";
import type { Diagnostic } from "../../src/pack/diagnostics.ts";
import type { Validation } from "../../src/validate.ts";

const finding = (about: Partial<Diagnostic> = {}): Diagnostic => ({
  severity: "error",
  code: "manifest.invalid_version",
  message: "Expected a version",
  file: "pack.yaml",
  ...about,
});

function validation(...diagnostics: readonly Diagnostic[]): Validation {
  const pack = { ref: "demo", version: "1.0.0", path: "/repo/packs/demo", diagnostics };
  return { packs: [pack], sources: [], mended: [], totals: { error: diagnostics.length, warning: 0, hint: 0 } };
}

describe("GitHub's workflow commands", () => {
  test.for<{ title: string; about: Partial<Diagnostic>; line: string }>([
    {
      title: "have the place within one line",
      about: { line: 3, column: 1, endLine: 3, endColumn: 8 },
      line: "::error file=packs/demo/pack.yaml,line=3,endLine=3,col=1,endColumn=8,title=manifest.invalid_version::Expected a version",
    },
    {
      title: "have no columns over several lines",
      about: { line: 3, column: 1, endLine: 5, endColumn: 8 },
      line: "::error file=packs/demo/pack.yaml,line=3,endLine=5,title=manifest.invalid_version::Expected a version",
    },
    {
      title: "call a hint a notice, and say what to do",
      about: { severity: "hint", hint: "Do it." },
      line: "::notice file=packs/demo/pack.yaml,title=manifest.invalid_version::Expected a version%0ADo it.",
    },
    {
      title: "escape what would end a property or the message",
      about: { severity: "warning", file: "a,b:c%.yaml", message: "50%\r\n::error::x" },
      line: "::warning file=packs/demo/a%2Cb%3Ac%25.yaml,title=manifest.invalid_version::50%25%0D%0A::error::x",
    },
    {
      title: "name the pack where there is no file",
      about: { code: "pack.busy", file: "." },
      line: "::error file=packs/demo,title=pack.busy::Expected a version",
    },
  ])("$title", ({ about, line }) => {
    expect(githubText(validation(finding(about)), "/repo")).toBe(`${line}\n`);
  });

  test("are none without a finding", () => {
    expect(githubText(validation(), "/repo")).toBe("");
  });
});

/** What SARIF 2.1.0 demands of the objects that packsync writes; each is closed, so that nothing is misspelt. */
const count = z.int().check(z.gte(1));
const uri = z.string().check(z.regex(/^(?:file:\/\/\/)?[A-Za-z0-9._~!$&'()*+,;=:@%/-]*$/));
const message = z.strictObject({ text: z.string().check(z.minLength(1)) });
const region = z
  .strictObject({
    startLine: count,
    startColumn: z.optional(count),
    endLine: z.optional(count),
    endColumn: z.optional(count),
  })
  .check(z.refine(({ startLine, endLine = startLine }) => endLine >= startLine));
const location = z.strictObject({
  physicalLocation: z.strictObject({
    artifactLocation: z.strictObject({ uri, uriBaseId: z.optional(z.literal("%SRCROOT%")) }),
    region: z.optional(region),
  }),
});
const result = z.strictObject({
  ruleId: z.string(),
  ruleIndex: z.int().check(z.gte(0)),
  level: z.enum(["none", "note", "warning", "error"]),
  message,
  locations: z.array(location).check(z.minLength(1)),
});
const Sarif = z.strictObject({
  $schema: z.url(),
  version: z.literal("2.1.0"),
  runs: z.tuple([
    z.strictObject({
      tool: z.strictObject({
        driver: z.strictObject({
          name: z.string(),
          semanticVersion: z.string(),
          rules: z.array(z.strictObject({ id: z.string() })),
        }),
      }),
      columnKind: z.enum(["utf16CodeUnits", "unicodeCodePoints"]),
      originalUriBaseIds: z.strictObject({ "%SRCROOT%": z.strictObject({ uri: z.url().check(z.regex(/\/$/)) }) }),
      results: z.array(result),
    }),
  ]),
});

describe("SARIF", () => {
  const findings = [
    finding({ line: 3, column: 1, endLine: 4, endColumn: 2, hint: "Do it." }),
    finding({ severity: "hint", code: "script.not_executable", file: "actions/ä %.sh" }),
    finding({ severity: "warning", line: 7 }),
    finding({ code: "pack.busy", file: "." }),
  ];

  test.for(["/repo", "/elsewhere", "/with space/ä"])("is what 2.1.0 demands, read from %s", (cwd) => {
    expect(Sarif.safeParse(sarifDocument(validation(...findings), cwd)).error?.issues).toBeUndefined();
    expect(Sarif.safeParse(sarifDocument(validation(), cwd)).error?.issues).toBeUndefined();
  });

  test("has each code once as a rule, and each result points at its own", () => {
    const { runs } = Sarif.parse(sarifDocument(validation(...findings), "/repo"));
    const [{ tool, results }] = runs;
    expect(tool.driver.rules.map(({ id }) => id)).toEqual([
      "manifest.invalid_version",
      "pack.busy",
      "script.not_executable",
    ]);
    expect(results.map(({ ruleIndex }) => tool.driver.rules[ruleIndex]?.id)).toEqual(findings.map(({ code }) => code));
  });

  test("has paths relative to the working directory, and whole ones outside of it", () => {
    const artifacts = (cwd: string) =>
      sarifDocument(validation(...findings), cwd).runs[0]?.results.map(
        ({ locations: [location] }) => location?.physicalLocation.artifactLocation,
      );
    expect(artifacts("/repo")?.[1]).toEqual({ uri: "packs/demo/actions/%C3%A4%20%25.sh", uriBaseId: "%SRCROOT%" });
    expect(artifacts("/elsewhere")?.[0]).toEqual({ uri: "file:///repo/packs/demo/pack.yaml" });
  });
});
