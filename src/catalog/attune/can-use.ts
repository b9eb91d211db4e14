import type { AttuneSettings } from "../attune-round.ts";
import { connect, troubleOf } from "./connect.ts";
import { inspect } from "./database.ts";

/** Whether it is worth another round: the database answers, with tables in it, or says why it never will. */
export async function canUse({ connection, schema }: AttuneSettings): Promise<boolean> {
  try {
    const client = await connect(connection);
    try {
      await inspect(client, schema);
      return true;
    } finally {
      await client.end().catch(() => {});
    }
  } catch (error) {
    return troubleOf(error) !== "later";
  }
}
