import type { Format } from "../config/config.ts";
import { type Explained, explain } from "../config/explain.ts";
import type { LoadedConfig } from "../config/load.ts";
import { originText } from "../config/origin.ts";
import { routePolicyOf } from "../config/routes.ts";
import { presetRules } from "../plan/presets.ts";
import type { Rule } from "../plan/route.ts";

interface RenderOptions {
  /** Say where each value came from. */
  readonly explain: boolean;
  readonly format: Format;
}

/** The effective configuration: as text a packsync.yaml that gives the same one again, or one JSON document. */
export function renderConfig(loaded: LoadedConfig, options: RenderOptions): string {
  return options.format === "json" ? renderJson(loaded, options) : renderText(loaded, options);
}

function renderJson(loaded: LoadedConfig, options: RenderOptions): string {
  const { file, config, origins } = loaded;
  const settings: Record<string, unknown> = { sources: config.sources };
  for (const { section, key, value = null } of explain(loaded)) {
    if (section === undefined) settings[key] = value;
    else if (section !== "sources") settings[section] = { ...(settings[section] ?? {}), [key]: value };
  }
  const document = { file: file ?? null, config: settings, presetRoutes: rulesOfPreset(loaded) };
  const explained = options.explain ? { ...document, origins: Object.fromEntries(origins) } : document;
  return `${JSON.stringify(explained, undefined, 2)}\n`;
}

interface Line {
  readonly text: string;
  readonly note: string;
}

function renderText(loaded: LoadedConfig, options: RenderOptions): string {
  const lines = linesOf(explain(loaded), rulesOfPreset(loaded));
  const width = Math.max(...lines.map(({ text, note }) => (note === "" ? 0 : text.length)));
  const rendered = lines.map(({ text, note }) =>
    options.explain && note !== "" ? `${text.padEnd(width)}  # ${note}` : text,
  );
  return `${[`# ${loaded.file ?? "no packsync.yaml"}`, ...rendered].join("\n")}\n`;
}

/** What decides where no route of one's own does. */
function rulesOfPreset({ config }: LoadedConfig): readonly Rule[] {
  const { preset, channel } = routePolicyOf(config);
  return presetRules(preset, channel);
}

function linesOf(values: readonly Explained[], preset: readonly Rule[]): readonly Line[] {
  return values.flatMap(({ section, key, written, origin, inFile }, index) => {
    const heading = section === undefined || section === values[index - 1]?.section ? [] : [`${section}:`];
    const line = `${inYaml(key)}:${written === undefined ? "" : ` ${inYaml(written)}`}`;
    // What a file must not have, or what is not set, is a comment there.
    const text = inFile && written !== undefined ? line : `# ${line}`;
    return [
      ...heading.map((text) => ({ text, note: "" })),
      { text: section === undefined ? text : `  ${text}`, note: originText(origin) },
      // A file has its own routes only: the preset's come behind them by themselves.
      ...(key === "routes" ? preset.map((rule) => ({ text: `#   - ${inYaml(rule)}`, note: "" })) : []),
    ];
  });
}

/** Letters that need no quotes in YAML, also within `[]` and `{}`. */
const PLAIN = /^[\w/](?:[\w./:@+-]*[\w./@+-])?$/;

/** On one line. */
function inYaml(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(inYaml).join(", ")}]`;
  if (typeof value === "object" && value !== null) {
    return `{${Object.entries(value)
      .map(([key, item]) => `${inYaml(key)}: ${inYaml(item)}`)
      .join(", ")}}`;
  }
  const isText = typeof value === "string" && Number.isNaN(Number(value)) && !/^(true|false|null)$/i.test(value);
  return isText && PLAIN.test(value) ? value : JSON.stringify(value);
}
