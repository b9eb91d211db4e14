import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { migrate } from "../test/support/attune-schema.ts";
import { postgresPrograms, testPostgres } from "../test/support/postgres.ts";
import type { Bench } from "./cases.ts";
import { run } from "./process.ts";
import { type Measurement, SUBJECT } from "./targets.ts";
import { prepare } from "./validation.ts";

interface Times {
  readonly cold: number;
  readonly unchanged: number;
}

/** Registering what is registered already, against registering it for the first time; `undefined`: there is no PostgreSQL. */
export async function registering(
  bench: Bench,
  catalog: "embedded" | "attune",
): Promise<Measurement["samples"] | undefined> {
  if (catalog === "attune" && postgresPrograms() === undefined) return undefined;
  await using server = catalog === "attune" ? await testPostgres() : undefined;
  const { packs, report } = await prepare(bench);
  const volume = join(bench.root, "volumes", "registered");
  const script = resolve(import.meta.dirname, "register.ts");
  const args = [script, packs, volume];
  const found: Times[] = [];
  for (let round = 0; round <= bench.runs; round++) {
    const database = await server?.createDatabase();
    if (database !== undefined) await migrate(database);
    const more = database === undefined ? [] : [database.url];
    const command = { program: bench.node, args: [...args, ...more], cwd: join(bench.root, "work"), stdout: report };
    await run({ ...command, stderr: join(bench.root, "work", "stderr") }, bench.abort);
    found.push(JSON.parse(readFileSync(report, "utf8")));
  }
  const times = found.slice(1); // the warm-up
  return new Map([
    [SUBJECT, times.map(({ unchanged }) => unchanged)],
    ["own cold", times.map(({ cold }) => cold)],
  ] as const);
}
