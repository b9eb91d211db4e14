import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";

/** Where Debian has the server's programs; `undefined`: there is no PostgreSQL. */
export function postgresPrograms(): string | undefined {
  const root = "/usr/lib/postgresql";
  const versions = existsSync(root) ? readdirSync(root).sort((a, b) => Number(b) - Number(a)) : [];
  return versions.map((version) => `${root}/${version}/bin`).find((bin) => existsSync(`${bin}/initdb`));
}

/** The server refuses to run as root. */
const NOBODY = 65534;

/** A PostgreSQL of its own, on a port of this machine only; its superuser is `attune`. */
export interface TestPostgres extends AsyncDisposable {
  readonly port: number;
  /** A name that only this server knows: whoever prints it leaks it. */
  readonly password: string;
  /** Makes a database with nothing in it. */
  createDatabase(): Promise<TestDatabase>;
  start(): Promise<void>;
  /** At once, as when the machine is switched off; without `start` nobody answers any more. */
  crash(): Promise<void>;
}

export interface TestDatabase {
  readonly name: string;
  readonly url: string;
  query(sql: string, values?: readonly unknown[]): Promise<readonly Record<string, unknown>[]>;
}

export async function testPostgres(): Promise<TestPostgres> {
  const bin = postgresPrograms();
  if (bin === undefined) throw new Error("Expected PostgreSQL's server");
  const user = process.geteuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
  const directory = mkdtempSync(join(tmpdir(), "packsync-postgres-"));
  const password = `secret-${process.pid}-${Date.now()}`;
  const data = join(directory, "data");
  writeFileSync(join(directory, "password"), password);
  if ("uid" in user) for (const path of [directory, join(directory, "password")]) chownSync(path, NOBODY, NOBODY);
  const init = [
    "-D",
    data,
    "-U",
    "attune",
    "-A",
    "scram-sha-256",
    "--pwfile",
    join(directory, "password"),
    "--no-sync",
  ];
  execFileSync(`${bin}/initdb`, [...init, "--locale=C", "-E", "UTF8"], { ...user, cwd: directory, stdio: "pipe" });
  const port = await freePort();

  let server: ChildProcess | undefined;
  const urlOf = (name: string) => `postgresql://attune:${password}@127.0.0.1:${port}/${name}`;
  const postgres: TestPostgres = {
    port,
    password,
    async createDatabase() {
      const name = `test_${++databases}`;
      const { query } = clientFor(urlOf("postgres"));
      await query(`CREATE DATABASE ${name}`);
      return { name, url: urlOf(name), query: clientFor(urlOf(name)).query };
    },
    async start() {
      const args = ["-D", data, "-p", String(port), "-k", directory, "-h", "127.0.0.1", "-F"];
      server = spawn(`${bin}/postgres`, args, { ...user, cwd: directory, stdio: "ignore" });
      await answers(urlOf("postgres"));
    },
    async crash() {
      if (server === undefined) return;
      const ended = once(server, "exit");
      server.kill("SIGQUIT");
      await ended;
      server = undefined;
    },
    async [Symbol.asyncDispose]() {
      await postgres.crash();
      rmSync(directory, { recursive: true, force: true });
    },
  };
  await postgres.start();
  return postgres;
}

let databases = 0;

/** A connection for each question: tests stop the server, and nothing is to hang on to it. */
function clientFor(connectionString: string): Pick<TestDatabase, "query"> {
  return {
    async query(sql, values = []) {
      const client = new pg.Client({ connectionString });
      client.on("error", () => {});
      await client.connect();
      try {
        const { rows } = await client.query(sql, [...values]);
        return rows ?? [];
      } finally {
        await client.end();
      }
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (typeof address !== "object" || address === null) throw new Error("Expected a port");
  return address.port;
}

async function answers(url: string): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      await clientFor(url).query("SELECT 1");
      return;
    } catch (error) {
      if (tries > 600) throw error;
      await sleep(50);
    }
  }
}
