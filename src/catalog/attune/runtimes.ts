import type { AttuneDatabase } from "./database.ts";
import type { Removed } from "./remove.ts";

/** The runtimes of all packs, as actions and sensors ask for them. */
export interface KnownRuntimes {
  /** The id of the first of these names that is a ref, a name or an alias. */
  find(names: readonly string[]): string | undefined;
}

/** @param leaving what is deleted presently: nobody is to use it any more */
export async function knownRuntimes(
  { client, table }: AttuneDatabase,
  leaving: readonly Removed[],
): Promise<KnownRuntimes> {
  const found = await client.query<{ id: string; ref: string; name: string; aliases: string[] | null }>(
    `SELECT id, ref, name, aliases FROM ${table("runtime")} ORDER BY id`,
  );
  const isLeaving = (id: string) => leaving.some((each) => each.table === "runtime" && each.id === id);
  const staying = found.rows.filter(({ id }) => !isLeaving(id));
  const byName = new Map([
    ...staying.flatMap(({ id, name, aliases }) =>
      [name.toLowerCase(), ...(aliases ?? [])].map((each) => [each, id] as const),
    ),
    ...staying.map(({ id, ref }) => [ref, id] as const),
  ]);
  return { find: (names) => names.map((name) => byName.get(name)).find((id) => id !== undefined) };
}
