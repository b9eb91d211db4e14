import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { postgresPrograms } from "../../support/postgres.ts";
import type { Docker } from "./docker.ts";
import { addProgram, makeLibraryPlaces, script, which } from "./root-files.ts";

/**
 * Something that looks like PostgreSQL's own image, for machines without a registry: this machine's server, and an entry point that knows
 * `POSTGRES_USER`, `POSTGRES_PASSWORD`, `POSTGRES_DB`, `PGDATA` and `/docker-entrypoint-initdb.d`.
 */
export async function importPostgres(docker: Docker, name: string): Promise<void> {
  const bin = postgresPrograms();
  if (bin === undefined) throw new Error("Expected PostgreSQL's server");
  const root = `${docker.engine.directory}/postgres`;
  copyServer(root, bin);
  addProgram(root, which("busybox"), "/usr/bin/busybox");
  for (const applet of APPLETS) symlinkSync("busybox", `${root}/usr/bin/${applet}`);
  symlinkSync("usr/bin", `${root}/bin`);
  for (const place of ["/tmp", "/etc", "/var/run/postgresql"]) mkdirSync(`${root}${place}`, { recursive: true });
  writeFileSync(`${root}/etc/passwd`, "root:x:0:0::/:/bin/sh\npostgres:x:70:70::/tmp:/bin/sh\n");
  script(`${root}/entry-point.sh`, ENTRY_POINT);
  execFileSync("tar", ["-c", "--mode=a+rX", "-f", `${root}.tar`, "-C", root, "."]);
  const changes = ["ENTRYPOINT /entry-point.sh", `ENV PATH=${bin}:/usr/bin`];
  await docker.ok("import", ...changes.flatMap((change) => ["--change", change]), `${root}.tar`, name);
}

const APPLETS = ["sh", "su", "id", "mkdir", "chown", "chmod", "echo", "printf"];

function copyServer(root: string, bin: string): void {
  makeLibraryPlaces(root);
  for (const program of ["postgres", "initdb", "pg_ctl", "psql", "pg_isready"])
    addProgram(root, `${bin}/${program}`, `${bin}/${program}`);
  const library = `${dirname(bin)}/lib`;
  const isNeeded = (path: string) => !/bitcode|llvmjit/.test(path); // its compiler is larger than all the rest
  cpSync(library, `${root}${library}`, { recursive: true, filter: isNeeded });
  const share = dirname(bin).replace("/lib/", "/share/");
  cpSync(share, `${root}${share}`, { recursive: true, dereference: true });
}

const ENTRY_POINT = `set -e
if [ "$(id -u)" = 0 ]; then
  chmod 1777 /tmp
  mkdir -p "$PGDATA"
  chown -R postgres "$PGDATA" /var/run/postgresql
  exec su -p postgres -c "exec $0"
fi
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  printf %s "$POSTGRES_PASSWORD" >/tmp/password
  initdb -D "$PGDATA" -U "$POSTGRES_USER" --pwfile /tmp/password --locale C -E UTF8 --no-sync
  echo "host all all all scram-sha-256" >>"$PGDATA/pg_hba.conf"
  echo "listen_addresses = '*'" >>"$PGDATA/postgresql.conf"
  pg_ctl -D "$PGDATA" -o "-F -c listen_addresses=''" -w start
  psql -U "$POSTGRES_USER" -d postgres -c "CREATE DATABASE $POSTGRES_DB"
  for file in /docker-entrypoint-initdb.d/*.sql; do
    psql -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d "$POSTGRES_DB" -f "$file"
  done
  pg_ctl -D "$PGDATA" -m fast -w stop
fi
exec postgres -D "$PGDATA" -F`;
