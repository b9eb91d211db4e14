import { plural } from "../text.ts";
import type { Canvas } from "./canvas.ts";
import type { Span } from "./line.ts";
import type { Table } from "./table.ts";
import type { View } from "./view.ts";

const COLUMNS = [
  { title: "SOURCE", dispensable: 0, least: 8 },
  { title: "WATCHING", dispensable: 0 },
  { title: "EVENTS", dispensable: 2 },
  { title: "MISSED", dispensable: 2 },
  { title: "PATH", dispensable: 1, least: 12 },
] as const;

/** How each source is watched; without a daemon none is. */
export function sourceTable({ seen: { daemon } }: View, { shown }: Canvas): Table {
  const rows = (daemon?.roots ?? []).map(({ name, path, watching, held, events, missedEvents }): readonly Span[] => [
    { text: shown(name), format: "bold" },
    { text: held === undefined ? watching : `${watching}, held`, format: isFine(watching, held) ? "green" : "yellow" },
    { text: plural(events, "event") },
    { text: `${missedEvents} missed`, ...(missedEvents > 0 && { format: "yellow" as const }) },
    { text: shown(path), format: "dim" },
  ]);
  return { columns: COLUMNS, rows };
}

function isFine(watching: string, held: string | undefined): boolean {
  return watching === "events" && held === undefined;
}
