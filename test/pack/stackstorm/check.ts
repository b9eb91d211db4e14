import { checkFile } from "../../../src/pack/check-file.ts";
import { kindOf } from "../../../src/pack/component.ts";
import { placed } from "../../../src/pack/finding.ts";
import { checkYaml } from "../../../src/pack/yaml.ts";
import { rangeFinder } from "../../../src/pack/yaml-positions.ts";

/** What is said of a definition of the StackStorm pack `demo`, each as `severity code line:column`. */
export async function check(file: string, text: string): Promise<readonly string[]> {
  const parsed = checkYaml(text, file);
  if (!parsed.ok) throw new Error(`Not YAML: ${parsed.diagnostics[0]?.message}`);
  const kind = kindOf(file, parsed.value, "stackstorm");
  if (kind === undefined) return [];
  const findings = await checkFile(text, parsed.value, { file, kind, dialect: "stackstorm", pack: "demo" });
  return findings
    .map((finding) => placed(finding, file, rangeFinder(text)))
    .map(({ severity, code, line, column }) => `${severity} ${code} ${line}:${column}`);
}

/** A text without the line breaks and the indentation that it has in a test. */
export function yaml([text = ""]: TemplateStringsArray): string {
  const lines = text.replace(/^\n/, "").split("\n");
  const indent = Math.min(...lines.filter((line) => line.trim() !== "").map((line) => line.search(/\S/)));
  return lines
    .map((line) => line.slice(indent))
    .join("\n")
    .trimEnd()
    .concat("\n");
}
