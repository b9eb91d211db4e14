import type { Config } from "../config/config.ts";
import type { PackState, Status } from "../cycle/status.ts";
import { columns, findingLines, type Paint, plural } from "./text.ts";

const COLORS: Readonly<Record<PackState, Parameters<Paint>[0]>> = {
  live: "green",
  pinned: "yellow",
  invalid: "red",
  rejected: "red",
  held: "yellow",
  shadowed: "dim",
  missing: "red",
  retired: "dim",
  mounted: "green",
};

/** Where every pack stands, for people. */
export function statusText({ sources, packs }: Status, { volume }: Config, paint: Paint): string {
  const head = ["PACK", "VERSION", "SOURCE", "RELEASE", "STATE", "SINCE", "FINDINGS"].map((cell) => paint("dim", cell));
  const rows = packs.map(({ ref, version, source, release, state, since, findings }) => [
    paint("bold", ref),
    version ?? "-",
    source ?? "-",
    release ?? "-",
    paint(COLORS[state], state),
    since ?? "-",
    findings.length === 0 ? "-" : plural(findings.length, "finding"),
  ]);
  const lines = columns([head, ...rows]);
  const details = packs.map(({ ref, directory, findings }) =>
    findings.flatMap((finding) => findingLines(directory ?? ref, finding, paint)),
  );
  const held = sources.filter((source) => source.held !== undefined);
  return [
    paint("bold", volume),
    ...held.map((source) => `${source.name}: held (${source.held}); end it with packsync --once --allow-removals`),
    ...lines.flatMap((line, index) => [`  ${line}`, ...(index === 0 ? [] : (details[index - 1] ?? []))]),
    "",
  ].join("\n");
}
