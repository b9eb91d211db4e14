import { unpinning } from "../cycle/todo.ts";
import type { Delivered } from "../delivery/delivery.ts";
import type { DaemonEvent } from "../loop/events.ts";
import { printableName } from "../platform/names.ts";
import type { Concerns } from "../routed.ts";
import type { Attempt } from "../signal/deliveries.ts";
import type { ServiceView } from "../signal/view.ts";
import { columns, type Paint, plural } from "./text.ts";

const COLORS: Readonly<Record<ServiceView["state"], Parameters<Paint>[0]>> = {
  told: "green",
  pending: "yellow",
  retrying: "yellow",
  failed: "red",
  unhealthy: "red",
  absent: "dim",
};

/** What a person should know of whom a publish concerns, once for all packs that it is about. */
export function noteLines({ notes }: Concerns, paint: Paint): readonly string[] {
  const byNote = Map.groupBy(notes, ({ note }) => note);
  return [...byNote].map(
    ([note, its]) => `${its.map(({ pack }) => paint("bold", pack)).join(", ")}  ${paint("yellow", note)}`,
  );
}

/** One line for each service that was told, or could not be. Who is absent reads what is live when it starts: no word is needed. */
export function deliveredLines(delivered: Delivered, paint: Paint): readonly string[] {
  const { service, ending, state, why, evidence, failures, tookMs, packs } = delivered;
  if (ending === "absent") return [];
  if (ending === "failed" && failures !== 1 && state !== "failed") return [];
  const names = packs.map(({ ref }) => ref).join(", ");
  const took = ending === "told" ? ` in ${Math.round(tookMs)} ms` : "";
  const head = `${paint("bold", printableName(service))}  ${paint(COLORS[state], state)}${took}`;
  const said = ending === "told" ? names || "as you asked" : printableName(why ?? "");
  return [`${head}  ${said}`, ...evidence.map((line) => `  ${paint("dim", printableName(line))}`)];
}

/** What a service did not come back with, and how that ends. */
export function quarantineLines(
  { service, packs, left }: Extract<DaemonEvent, { kind: "quarantined" }>,
  paint: Paint,
): readonly string[] {
  const back = packs.map(({ pack, bad, release }) => {
    const end = `it stays until one of them changes, or until \`${unpinning(pack)}\``;
    return `${paint("bold", pack)}  ${paint("red", "went back")}  ${bad} → ${release}, as ${printableName(service)} did not come back; ${end}`;
  });
  return [
    ...back,
    ...left.map(({ pack, why }) => `${paint("bold", pack)}  ${paint("red", "did not go back")}: ${printableName(why)}`),
  ];
}

/** Where services stand. */
export function servicesLines(services: readonly ServiceView[], paint: Paint): readonly string[] {
  if (services.length === 0) return [];
  const head = ["SERVICE", "STATE", "SINCE", "WAITING", "WHY"].map((cell) => paint("dim", cell));
  const rows = services.map(({ service, state, since, waiting, why, failures }) => [
    paint("bold", printableName(service)),
    paint(COLORS[state], state),
    since ?? "-",
    waiting.length === 0 ? "-" : waitingText(waiting),
    why === undefined ? "-" : `${printableName(why)}${failures > 1 ? ` (${plural(failures, "attempt")})` : ""}`,
  ]);
  return columns([head, ...rows]);
}

const NAMED = 3;

function waitingText(packs: readonly string[]): string {
  return packs.length <= NAMED
    ? packs.join(", ")
    : `${packs.slice(0, NAMED).join(", ")} and ${packs.length - NAMED} more`;
}

/** What was done, the newest first. */
export function attemptLines(attempts: readonly Attempt[], paint: Paint): readonly string[] {
  const rows = attempts.map(({ at, service, ending, tookMs, packs, why, evidence }) => [
    at,
    paint("bold", printableName(service)),
    paint(ending === "failed" ? "yellow" : COLORS[ending], ending),
    `${Math.round(tookMs)} ms`,
    packs.length === 0 ? "-" : waitingText(packs.map(({ ref, release }) => `${ref} ${release ?? "gone"}`)),
    printableName(why ?? evidence.join("; ")),
  ]);
  return columns(rows);
}

/** What came of a run, for its last lines: whoever was not told yet. */
export function untoldLines(services: readonly ServiceView[] | undefined, paint: Paint): readonly string[] {
  return (services ?? []).flatMap(({ service, state, why }) => {
    if (state === "absent") return [];
    const later = state === "pending" ? "the daemon or the next run tells it" : printableName(why ?? "");
    return [
      `  ${paint("bold", printableName(service))}  ${paint(COLORS[state], state)}${state === "told" ? "" : `: ${later}`}`,
    ];
  });
}
