import type { AttuneDatabase } from "./database.ts";
import type { AttunePolicy } from "./register.ts";
import type { AttuneRows } from "./rows.ts";

interface Connecting {
  readonly policy: Pick<AttunePolicy, "removed">;
  warn(message: string): void;
}

/**
 * Each trigger of the pack gets the sensor that fires it, of several the last one. An older schema has it the other way round.
 *
 * @returns how many changed
 */
export async function connectTriggers(
  database: AttuneDatabase,
  packId: string,
  { triggers, sensors }: AttuneRows,
  { policy, warn }: Connecting,
): Promise<number> {
  if (!database.has("trigger", "sensor")) return 0;
  const own = new Set(triggers.map((row) => row["ref"]));
  const firedBy = new Map<string, string>();
  for (const { file, row, triggers: refs } of sensors) {
    for (const ref of refs) {
      if (own.has(ref)) firedBy.set(ref, row["ref"] ?? "");
      else warn(`${file}: the trigger \`${ref}\` is not one of this pack: not connected`);
    }
  }
  const { client, table } = database;
  const connected = await client.query(
    `UPDATE ${table("trigger")} t SET sensor = s.id, sensor_ref = s.ref
     FROM unnest($2::text[], $3::text[]) AS u(trigger, sensor) JOIN ${table("sensor")} s ON s.ref = u.sensor
     WHERE t.ref = u.trigger AND t.pack = $1 AND (t.sensor, t.sensor_ref) IS DISTINCT FROM (s.id, s.ref)`,
    [packId, [...firedBy.keys()], [...firedBy.values()]],
  );
  if (policy.removed === "keep") return connected.rowCount ?? 0;
  const alone = triggers.flatMap(({ ref }) => (ref != null && !firedBy.has(ref) ? [ref] : []));
  const disconnected = await client.query(
    `UPDATE ${table("trigger")} SET sensor = NULL, sensor_ref = NULL
     WHERE pack = $1 AND ref = ANY($2) AND (sensor IS NOT NULL OR sensor_ref IS NOT NULL)`,
    [packId, alone],
  );
  return (connected.rowCount ?? 0) + (disconnected.rowCount ?? 0);
}
