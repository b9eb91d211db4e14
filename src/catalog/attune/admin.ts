import type { AttuneDatabase } from "./database.ts";

/** Who gets which permission set, as `init-packs` had it. */
export interface Admin {
  readonly login: string;
  readonly permissionSet: string;
}

/** @returns what keeps it from being so, else `undefined`; nothing is made that is not there, and a second run writes nothing */
export async function assignAdmin(
  database: AttuneDatabase,
  { login, permissionSet }: Admin,
): Promise<string | undefined> {
  const { client, table } = database;
  if (!database.has("identity") || !database.has("permission_assignment")) return "there is no table of identities";
  const found = await client.query<{ identity: string | null; permset: string | null }>(
    `SELECT (SELECT id FROM ${table("identity")} WHERE login = $1) AS identity,
      (SELECT id FROM ${table("permission_set")} WHERE ref = $2) AS permset`,
    [login, permissionSet],
  );
  const { identity = null, permset = null } = found.rows[0] ?? {};
  if (identity === null) return `no identity has the login \`${login}\``;
  if (permset === null) return `there is no permission set \`${permissionSet}\``;
  await client.query(
    `INSERT INTO ${table("permission_assignment")} (identity, permset)
     SELECT $1, $2 WHERE NOT EXISTS (SELECT FROM ${table("permission_assignment")} WHERE identity = $1 AND permset = $2)
     ON CONFLICT DO NOTHING`,
    [identity, permset],
  );
  return undefined;
}
