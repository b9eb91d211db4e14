import type { Client } from "pg";
import { errnoOf } from "../../errors.ts";
import { NotMigrated } from "./database.ts";

/** How to reach Attune's database: by a URL, or by its parts. */
export type ConnectionSettings =
  | { readonly url: string }
  | {
      readonly host: string;
      readonly port: number;
      readonly user: string;
      readonly password: string;
      readonly name: string;
    };

const CONNECT_TIMEOUT_MS = 3_000;
/** Longer than any statement of ours takes; after it the connection counts as cut. */
const STATEMENT_TIMEOUT_MS = 60_000;
const LOCK_TIMEOUT_MS = 10_000;

/** A connection of its own; the library is loaded with the first one. */
export async function connect(settings: ConnectionSettings): Promise<Client> {
  const { default: pg } = await import("pg");
  const where =
    "url" in settings
      ? { connectionString: settings.url }
      : {
          host: settings.host,
          port: settings.port,
          user: settings.user,
          password: settings.password,
          database: settings.name,
        };
  const client = new pg.Client({
    ...where,
    application_name: "packsync",
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: STATEMENT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    lock_timeout: LOCK_TIMEOUT_MS,
    idle_in_transaction_session_timeout: STATEMENT_TIMEOUT_MS,
    keepAlive: true,
  });
  client.on("error", () => {}); // the next statement says so
  try {
    await client.connect();
    return client;
  } catch (error) {
    await client.end().catch(() => {});
    throw error;
  }
}

/** `later`: it may succeed by itself. `refused`: we are not let in. `pack`: something in this pack. */
export type Trouble = "later" | "refused" | "pack";

/** What kind of trouble the database made; see https://www.postgresql.org/docs/15/errcodes-appendix.html. */
export function troubleOf(error: unknown): Trouble {
  if (error instanceof NotMigrated) return "later";
  const code = errnoOf(error);
  if (code === undefined) return isCut(error) ? "later" : "pack";
  if (code === "28P01" || code === "28000") return "refused";
  return LATER.test(code) ? "later" : "pack";
}

/** Connections, resources, operators, and what two at once may run into; a database or schema that is not there yet; the network. */
const LATER = /^(?:08...|40...|53...|55P03|57...|58...|25P03|3D000|3F000|42P01|E[A-Z_]+)$/;

/** `pg` itself has no codes. */
function isCut(error: unknown): boolean {
  return error instanceof Error && /connection|timeout|timed out|not queryable|ended/i.test(error.message);
}

/** What happened, without anything that a log should not have: neither URL nor row. */
export function describeTrouble(error: unknown, settings: ConnectionSettings): string {
  const said =
    error instanceof Error ? (error instanceof AggregateError ? aggregate(error) : error.message) : String(error);
  const secrets = secretsOf(settings);
  return secrets.reduce((text, secret) => text.replaceAll(secret, "***"), said.replaceAll(/\s+/g, " ")).slice(0, 500);
}

/** Every address of a name was tried. */
function aggregate({ errors, message }: AggregateError): string {
  const [first] = errors;
  return message || (first instanceof Error ? first.message : String(first));
}

function secretsOf(settings: ConnectionSettings): string[] {
  if (!("url" in settings)) return settings.password.length > 2 ? [settings.password] : [];
  const password = URL.canParse(settings.url) ? new URL(settings.url).password : "";
  const spellings = [settings.url, password, safeDecode(password)];
  return spellings.filter((secret) => secret.length > 2);
}

function safeDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
