import { plural } from "../text.ts";
import type { Canvas } from "./canvas.ts";
import type { Span } from "./line.ts";
import { byRank, SERVICE_STATES } from "./order.ts";
import type { Table } from "./table.ts";
import type { View } from "./view.ts";

const COLUMNS = [
  { title: "SERVICE", dispensable: 0, least: 12 },
  { title: "STATE", dispensable: 0 },
  { title: "SINCE", dispensable: 3 },
  { title: "WAITING", dispensable: 2, least: 12 },
  { title: "WHY", dispensable: 1, least: 20 },
] as const;

/** Whom packs concern, and whether they know. */
export function serviceTable({ seen: { services } }: View, { shown, time }: Canvas): Table {
  const rows = byRank(services, ({ state }) => SERVICE_STATES[state].rank).map(
    ({ service, state, since, waiting, why, failures }): readonly Span[] => [
      { text: shown(service), format: "bold" },
      { text: state, format: SERVICE_STATES[state].format },
      { text: time(since) },
      {
        text:
          waiting.length === 0 ? "-" : waiting.length === 1 ? shown(waiting.join()) : plural(waiting.length, "pack"),
      },
      { text: shown(why === undefined ? "-" : `${why}${failures > 1 ? ` (${plural(failures, "attempt")})` : ""}`) },
    ],
  );
  return { columns: COLUMNS, rows };
}
