import { between, pick, type Random, shuffled } from "../random.ts";
import { paragraph, sentence } from "./prose.ts";

interface Named {
  /** The pack's ref, e.g. `bench_0007`. */
  readonly pack: string;
  /** The component's own name, e.g. `rotate_logs`. */
  readonly name: string;
}

/** `pack.yaml` of a pack in the Attune dialect, 1–3 KB. */
export function packYaml(random: Random, pack: string): string {
  const target = targetBytes(random);
  const lines = [
    `# ${label(pack)}`,
    "",
    `ref: ${pack}`,
    `label: "${label(pack)}"`,
    `description: "${sentence(random)}"`,
    `version: "${between(random, 0, 4)}.${between(random, 0, 20)}.${between(random, 0, 9)}"`,
    'author: "packsync bench"',
    'email: "bench@example.com"',
    "",
    "system: false",
    "enabled: true",
    "",
    "config:",
    `  region: "eu-${between(random, 1, 9)}"`,
    "",
    "meta:",
    '  category: "benchmark"',
    "  keywords:",
    ...shuffled(random, TAGS).map((tag) => `    - "${tag}"`),
    "",
    "tags:",
    ...someTags(random),
    "",
    "runtime_deps:",
    "  - shell",
    "  - python",
    "",
    "conf_schema:",
  ];
  return text(lines, fieldsOf(random, target - bytesOf(lines)));
}

/** A definition in `actions/`, 1–3 KB; `entryPoint` is a script beside it. */
export function actionYaml(random: Random, { pack, name }: Named, entryPoint: string): string {
  const target = targetBytes(random);
  const head = [
    `# ${label(name)}`,
    ...paragraph(random, 60, "# "),
    "",
    `ref: ${pack}.${name}`,
    `label: "${label(name)}"`,
    `description: "${sentence(random)}"`,
    "enabled: true",
    "",
    `runner_type: ${entryPoint.endsWith(".py") ? "python" : "shell"}`,
    `entry_point: ${entryPoint}`,
    "parameter_delivery: stdin",
    `parameter_format: ${entryPoint.endsWith(".py") ? "json" : "dotenv"}`,
    "output_format: json",
    "",
    "tags:",
    ...someTags(random),
    "",
    "parameters:",
  ];
  const left = target - bytesOf(head);
  return text(head, fieldsOf(random, left * 0.7), ["", "output:"], fieldsOf(random, left * 0.3 - 20));
}

/** A definition in `triggers/`, 1–3 KB. */
export function triggerYaml(random: Random, { pack, name }: Named): string {
  const target = targetBytes(random);
  const head = [
    `# ${label(name)}`,
    "",
    `ref: ${pack}.${name}`,
    `label: "${label(name)}"`,
    `description: "${sentence(random)}"`,
    "enabled: true",
    "type: custom",
    "",
    "tags:",
    ...someTags(random),
    "",
    "parameters:",
  ];
  const left = target - bytesOf(head);
  return text(head, fieldsOf(random, left * 0.5), ["", "output:"], fieldsOf(random, left * 0.5 - 20));
}

/** A definition in `rules/`, 1–3 KB, from one of the pack's own triggers to one of its own actions. */
export function ruleYaml(random: Random, { pack, name }: Named, trigger: string, action: string): string {
  const target = targetBytes(random);
  const lines = [
    `ref: ${pack}.${name}`,
    `pack_ref: ${pack}`,
    `label: "${label(name)}"`,
    `description: "${sentence(random)}"`,
    "enabled: true",
    "",
    `trigger_ref: ${pack}.${trigger}`,
    `action_ref: ${pack}.${action}`,
    "",
    "conditions: {}",
    "",
    "action_params:",
    ...shuffled(random, FIELDS)
      .slice(0, between(random, 4, 9))
      .map(({ name: field }) => `  ${field}: "{{ event.payload.${field} }}"`),
  ];
  return text([`# ${label(name)}`, ...paragraph(random, target - bytesOf(lines) - 100, "# "), ""], lines);
}

interface Field {
  readonly name: string;
  readonly type: "string" | "integer" | "number" | "boolean" | "array" | "object";
  /** Further lines of the field, without indentation. */
  readonly facets?: readonly string[];
}

const FIELDS: readonly Field[] = [
  { name: "host", type: "string", facets: ['default: "localhost"'] },
  { name: "port", type: "integer", facets: ["default: 8443", "minimum: 1", "maximum: 65535"] },
  { name: "method", type: "string", facets: ['default: "GET"', "enum:", "  - GET", "  - POST", "  - PUT"] },
  { name: "token", type: "string", facets: ["secret: true"] },
  { name: "timeout", type: "integer", facets: ["default: 30", "minimum: 1", "maximum: 3600"] },
  { name: "verify", type: "boolean", facets: ["default: true"] },
  { name: "labels", type: "object", facets: ["default: {}"] },
  { name: "targets", type: "array", facets: ["default: []"] },
  { name: "ratio", type: "number", facets: ["default: 0.5", "minimum: 0", "maximum: 1"] },
  { name: "level", type: "string", facets: ['default: "info"', "enum:", "  - debug", "  - info", "  - error"] },
  { name: "site", type: "string" },
  { name: "retries", type: "integer", facets: ["default: 3", "minimum: 0"] },
  { name: "dry_run", type: "boolean", facets: ["default: false"] },
  { name: "owner", type: "string" },
  { name: "payload", type: "object" },
  { name: "message", type: "string", facets: ['default: "done"'] },
  { name: "since", type: "string", facets: ['default: "1970-01-01T00:00:00Z"'] },
  { name: "batch_size", type: "integer", facets: ["default: 50"] },
  { name: "format", type: "string", facets: ['default: "json"', "enum:", "  - json", "  - yaml", "  - text"] },
  { name: "columns", type: "array" },
];

const TAGS = ["network", "inventory", "backup", "security", "kubernetes", "dns", "chatops", "reporting"] as const;

/** Fields of a flat schema, two columns in, about `bytes` bytes. */
function fieldsOf(random: Random, bytes: number): readonly string[] {
  const lines: string[] = [];
  let left = bytes;
  for (const { name, type, facets = [] } of shuffled(random, FIELDS)) {
    const field = [
      `  ${name}:`,
      `    type: ${type}`,
      `    description: "${sentence(random)}"`,
      `    required: ${pick(random, ["true", "false"])}`,
      ...facets.map((facet) => `    ${facet}`),
    ];
    lines.push(...field);
    left -= bytesOf(field);
    if (left < 100) break;
  }
  return lines;
}

function someTags(random: Random): readonly string[] {
  return shuffled(random, TAGS)
    .slice(0, between(random, 2, 4))
    .map((tag) => `  - ${tag}`);
}

/** Leaves room for the last field that does not fit exactly: the files end up between 1 and 3 KB. */
function targetBytes(random: Random): number {
  return between(random, 1_150, 2_850);
}

function bytesOf(lines: readonly string[]): number {
  return lines.reduce((sum, line) => sum + line.length + 1, 0);
}

function text(...parts: readonly (readonly string[])[]): string {
  return `${parts.flat().join("\n")}\n`;
}

function label(name: string): string {
  return name.replaceAll("_", " ").replace(/^./, (first) => first.toUpperCase());
}
