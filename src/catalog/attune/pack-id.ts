import type { AttuneSettings } from "../attune-round.ts";
import { connect } from "./connect.ts";
import { inspect } from "./database.ts";

/**
 * The ids that Attune's database gave to packs; whoever is not registered has none.
 *
 * @throws the driver's errors
 */
export async function packIds(
  { connection, schema }: AttuneSettings,
  refs: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const client = await connect(connection);
  try {
    const { table } = await inspect(client, schema);
    const found = await client.query<{ ref: string; id: string }>(
      `SELECT ref, id FROM ${table("pack")} WHERE ref = ANY($1)`,
      [refs],
    );
    return new Map(found.rows.map(({ ref, id }) => [ref, Number(id)]));
  } finally {
    await client.end().catch(() => {});
  }
}
