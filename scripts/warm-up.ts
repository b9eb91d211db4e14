// Fills the compile cache of a bundle (the directory that is named) by what containers do: a sync, a daemon, a question to it. Whoever runs it later
// may read the cache, and need not be able to write it.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, globSync, mkdirSync, mkdtempDisposableSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";

const [dist = ""] = process.argv.slice(2);
using scratch = mkdtempDisposableSync(`${tmpdir()}/packsync-`);
const options = { cwd: scratch.path, env: { PATH: process.env["PATH"] } };
const packsync = (...args: readonly string[]) => [`${dist}/packsync.js`, ...args];
const run = (...args: readonly string[]) => execFileSync(process.execPath, packsync(...args), options);

writePack("core");
run("--once", "--log-style", "pretty", "--verbose");
for (const style of ["pretty", "json"]) await daemon(style);
run("--once", "--format", "json", "--owner", "0:0");
for (const file of globSync(`${dist}/compile-cache/*/*`)) chmodSync(file, 0o644);

function writePack(ref: string): void {
  const directory = `${scratch.path}/packs/${ref}`;
  mkdirSync(`${directory}/actions`, { recursive: true });
  writeFileSync(`${directory}/pack.yaml`, `ref: ${ref}\nlabel: Some\nversion: "1.0.0"\n`);
  const action = `ref: ${ref}.echo\nlabel: Echo\nrunner_type: shell\nentry_point: echo.sh\n`;
  writeFileSync(`${directory}/actions/echo.yaml`, action);
  writeFileSync(`${directory}/actions/echo.sh`, "#!/bin/sh\necho\n");
}

/** Until it answers, and has published a change. */
async function daemon(style: string): Promise<void> {
  const child = spawn(process.execPath, packsync("--log-style", style), options);
  const ended = once(child, "exit");
  const { stdout } = child;
  await once(stdout, "data");
  writePack(style);
  await once(stdout, "data");
  run("healthcheck");
  run("status");
  child.kill("SIGTERM");
  await ended;
}
