import type { Config } from "../config/config.ts";
import type { PackState, Status } from "../cycle/status.ts";
import { printableName } from "../platform/names.ts";
import { standingText } from "./standing-text.ts";
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
};

/** Where every pack stands, for people. */
export function statusText({ sources, packs, database }: Status, { volume }: Config, paint: Paint): string {
  const head = ["PACK", "VERSION", "SOURCE", "RELEASE", "STATE", "SINCE", "REGISTERED", "FINDINGS"].map((cell) =>
    paint("dim", cell),
  );
  const rows = packs.map(({ ref, version, source, release, state, since, findings, catalogs }) => [
    paint("bold", ref),
    version ?? "-",
    source ?? "-",
    release ?? "-",
    paint(COLORS[state], state),
    since ?? "-",
    catalogs.map((standing) => standingText(standing, paint)).join(", ") || "-",
    findings.length === 0 ? "-" : plural(findings.length, "finding"),
  ]);
  const lines = columns([head, ...rows]);
  const details = packs.map(({ ref, directory, findings }) =>
    findings.flatMap((finding) => findingLines(directory ?? ref, finding, paint)),
  );
  const whys = packs.flatMap(({ ref, catalogs }) =>
    catalogs.flatMap(({ state, why }) =>
      state === "failed" && why !== database?.why ? [`${ref}: ${printableName(why ?? "")}`] : [],
    ),
  );
  const held = sources.filter((source) => source.held !== undefined);
  return [
    paint("bold", volume),
    ...held.map((source) => `${source.name}: held (${source.held}); end it with packsync --once --allow-removals`),
    ...(database === undefined || database.state === "reachable"
      ? []
      : [`database ${database.state} since ${database.since}: ${printableName(database.why ?? "")}`]),
    ...lines.flatMap((line, index) => [`  ${line}`, ...(index === 0 ? [] : (details[index - 1] ?? []))]),
    ...whys.map((why) => `  ${paint("red", "not registered")}  ${why}`),
    "",
  ].join("\n");
}
