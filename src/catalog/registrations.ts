import type { DatabaseSync } from "node:sqlite";
import type { CatalogName } from "./catalog.ts";

/** Where packs stand in catalogs outside: what survives a crash between a publish and its registration. */
export const registrationSchema = `
  CREATE TABLE IF NOT EXISTS registration (
    catalog TEXT NOT NULL,
    ref TEXT NOT NULL,
    state TEXT NOT NULL,           -- registered | pending | failed
    release TEXT,                  -- which one; NULL: the pack is to leave the catalog
    digest TEXT,                   -- of its components, and of the settings, when it was registered
    found TEXT,                    -- what the catalog had of it right then; NULL: compare it each time
    since TEXT NOT NULL,           -- ISO time
    why TEXT,
    warnings TEXT NOT NULL,        -- JSON sentences
    PRIMARY KEY (catalog, ref)
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS catalog_state (
    catalog TEXT PRIMARY KEY,
    state TEXT NOT NULL,           -- reachable | unreachable | refused
    since TEXT NOT NULL,
    why TEXT
  ) WITHOUT ROWID;
`;

/** `pending`: not yet, but by itself soon. `failed`: somebody has to do something. */
export type RegistrationState = "registered" | "pending" | "failed";

export interface Registration {
  readonly ref: string;
  readonly state: RegistrationState;
  readonly release: string | undefined;
  readonly digest: string | undefined;
  readonly found: string | undefined;
  readonly since: string;
  readonly why: string | undefined;
  readonly warnings: readonly string[];
}

/** Whether a catalog as such can be used. `refused`: it was reached, and does not let us in. */
export interface CatalogState {
  readonly state: "reachable" | "unreachable" | "refused";
  readonly since: string;
  readonly why: string | undefined;
}

export interface RegistrationReader {
  all(): ReadonlyMap<string, Registration>;
  catalog(): CatalogState | undefined;
}

export interface RegistrationStore extends RegistrationReader {
  /** Written only if something is different; `since` then is `now`, if the state is another one. */
  save(registration: Omit<Registration, "since">, now: Date): Registration;
  forget(ref: string): void;
  saveCatalog(state: Omit<CatalogState, "since">, now: Date): void;
}

export function openRegistrations(database: DatabaseSync, catalog: CatalogName): RegistrationStore {
  const reader = readRegistrations(database, catalog);
  const one = database.prepare("SELECT * FROM registration WHERE catalog = ? AND ref = ?");
  const put = database.prepare("INSERT OR REPLACE INTO registration VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
  return {
    ...reader,
    save(next, now) {
      const before = one.all(catalog, next.ref).map(fromRow)[0];
      const since = before?.state === next.state && before.release === next.release ? before.since : now.toISOString();
      const { ref, state, release, digest, found, why, warnings } = next;
      const row = { ref, state, release, digest, found, since, why, warnings };
      if (JSON.stringify(before) !== JSON.stringify(row)) {
        const about = [state, release ?? null, digest ?? null, found ?? null, since, why ?? null] as const;
        put.run(catalog, ref, ...about, JSON.stringify(warnings));
      }
      return row;
    },
    forget: (ref) => void database.prepare("DELETE FROM registration WHERE catalog = ? AND ref = ?").run(catalog, ref),
    saveCatalog({ state, why }, now) {
      const before = reader.catalog();
      if (before?.state === state && before.why === why) return;
      const since = before?.state === state ? before.since : now.toISOString();
      database
        .prepare("INSERT OR REPLACE INTO catalog_state VALUES (?, ?, ?, ?)")
        .run(catalog, state, since, why ?? null);
    },
  };
}

/** The reading half, which also works on a database opened read-only. */
export function readRegistrations(database: DatabaseSync, catalog: CatalogName): RegistrationReader {
  return {
    all() {
      const rows = database.prepare("SELECT * FROM registration WHERE catalog = ? ORDER BY ref").all(catalog);
      return new Map(rows.map((row) => [String(row["ref"]), fromRow(row)]));
    },
    catalog() {
      const row = database.prepare("SELECT * FROM catalog_state WHERE catalog = ?").get(catalog);
      if (row === undefined) return undefined;
      const state = row["state"] === "reachable" || row["state"] === "refused" ? row["state"] : "unreachable";
      return { state, since: String(row["since"]), why: text(row["why"]) };
    },
  };
}

function fromRow(row: Readonly<Record<string, unknown>>): Registration {
  return {
    ref: String(row["ref"]),
    state: row["state"] === "registered" || row["state"] === "failed" ? row["state"] : "pending",
    release: text(row["release"]),
    digest: text(row["digest"]),
    found: text(row["found"]),
    since: String(row["since"]),
    why: text(row["why"]),
    warnings: JSON.parse(String(row["warnings"])),
  };
}

function text(value: unknown): string | undefined {
  return value === null ? undefined : String(value);
}
