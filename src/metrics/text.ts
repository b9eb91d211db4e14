/** How numbers are written for whoever scrapes them. */
export type TextFormat = "prometheus" | "openmetrics";

export const CONTENT_TYPES: Readonly<Record<TextFormat, string>> = {
  prometheus: "text/plain; version=0.0.4; charset=utf-8",
  openmetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8",
};

/** What is wanted most by an `Accept` header of those that there are; in doubt the older one, which everybody reads. */
export function formatFor(accept: string | undefined): TextFormat {
  const wanted = (accept ?? "").split(",").map(rangeOf);
  const quality = (...names: readonly string[]): number =>
    Math.max(0, ...names.map((name) => wanted.find((range) => range.name === name)?.quality ?? 0));
  const open = quality("application/openmetrics-text");
  return open > 0 && open >= quality("text/plain") ? "openmetrics" : "prometheus";
}

interface Range {
  readonly name: string;
  readonly quality: number;
}

/** A version that is not ours is none that we have. */
function rangeOf(text: string): Range {
  const [name = "", ...parameters] = text.split(";").map((part) => part.trim().toLowerCase());
  const parameter = (key: string) => parameters.find((each) => each.startsWith(`${key}=`))?.slice(key.length + 1);
  const isOurs = name !== "application/openmetrics-text" || /^(1\.0\.0|1)?$/.test(parameter("version") ?? "");
  const quality = Number(parameter("q") ?? "1");
  return { name, quality: isOurs && quality >= 0 ? quality : 0 };
}

/**
 * The same in OpenMetrics 1.0, of text in Prometheus' own format: a counter's family goes without `_total`, bounds are
 * floats, and the end is marked.
 */
export function toOpenMetrics(text: string): string {
  const types = new Map(text.matchAll(/^# TYPE (\w+) (\w+)$/gm).map(([, name = "", type = ""]) => [name, type]));
  const lines = text.split("\n").filter((line) => line !== "");
  const rewritten = lines.map((line) =>
    line.startsWith("# ") ? describing(line, types) : line.replace(/([{,]le="\d+)"/, '$1.0"'),
  );
  return [...rewritten, "# EOF", ""].join("\n");
}

function describing(line: string, types: ReadonlyMap<string, string>): string {
  const [hash, keyword, name = "", ...rest] = line.split(" ");
  if (types.get(name) === "counter") return [hash, keyword, name.replace(/_total$/, ""), ...rest].join(" ");
  if (!name.endsWith("_info")) return line;
  const said = keyword === "TYPE" ? ["info"] : rest;
  return [hash, keyword, name.replace(/_info$/, ""), ...said].join(" ");
}
