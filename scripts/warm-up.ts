// Has a bundle (the directory that is named) keep what V8 compiles for syncs, and fills Node's compile cache by what containers do: a daemon, a question to it.
// Whoever runs it later may read both, and need not be able to write them. What only a daemon needs is not kept: every run would have to read it.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, globSync, mkdirSync, mkdtempDisposableSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, resolve } from "node:path";

const dist = resolve(process.argv[2] ?? "dist");
using scratch = mkdtempDisposableSync(`${tmpdir()}/packsync-`);
const env = { PATH: process.env["PATH"] };
const options = { cwd: scratch.path, env };
const packsync = (...args: readonly string[]) => [`${dist}/packsync.js`, ...args];
const run = (...args: readonly string[]) => execFileSync(process.execPath, packsync(...args), options);
const sync = (...args: readonly string[]) =>
  execFileSync(process.execPath, packsync("--once", ...args), { ...options, env: { ...env, KEEP_COMPILED: "1" } });

const FIELDS = `
  name:
    type: string
    description: "Whose"
    default: world
    required: true
  count:
    type: integer
    minimum: 1
    default: 5
  how:
    type: string
    enum: [fast, "slow"]
    default: fast
  all:
    type: array
    items:
      type: string
  isDry:
    type: boolean
    default: false
`;

/** So many are worth a second thread. */
const PACKS = 30;

for (let index = 0; index < PACKS; index++) writePack(`core_${index}`, "Some");
sync();
writePack("core_1", "Other");
sync();
for (const style of ["pretty", "json"]) await daemon(style);
sync("--format", "json", "--owner", `${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`);
for (const file of globSync([`${dist}/*.compiled`, `${dist}/compile-cache/*/*`])) chmodSync(file, 0o644);

/** With one of what packs mostly have; its rule is for another pack's trigger. */
function writePack(ref: string, label: string): void {
  write(
    `${ref}/pack.yaml`,
    `ref: ${ref}
label: ${label}
description: "What it is for"
version: "1.0.0"
enabled: true
runtime_deps: [shell, python]
tags:
  - one
`,
  );
  for (const [name, script] of [
    ["echo", "echo.sh"],
    ["count", "count.py"],
  ] as const)
    write(
      `${ref}/actions/${name}.yaml`,
      `# An action
ref: ${ref}.${name}
label: "${label}"
description: 'What it does'
enabled: true
runner_type: ${script.endsWith(".py") ? "python" : "shell"}
entry_point: ${script}
parameter_delivery: stdin
parameter_format: json
output_format: json
parameters:${FIELDS}
output:${FIELDS}
`,
    );
  write(`${ref}/actions/echo.sh`, "#!/bin/sh\necho\n");
  write(`${ref}/actions/count.py`, "#!/usr/bin/env python3\nprint(1)\n");
  write(
    `${ref}/triggers/tick.yaml`,
    `ref: ${ref}.tick
label: ${label}
type: custom
parameters:${FIELDS}
output:${FIELDS}
`,
  );
  write(
    `${ref}/rules/tick.yaml`,
    `ref: ${ref}.tick
pack_ref: ${ref}
label: ${label}
enabled: true
trigger_ref: core_0.tick
action_ref: ${ref}.echo
conditions: {}
action_params:
  name: "{{ event.payload.name }}"
`,
  );
}

function write(path: string, text: string): void {
  const file = `${scratch.path}/packs/${path}`;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

/** Until it answers, and has published a change. */
async function daemon(style: string): Promise<void> {
  const child = spawn(process.execPath, packsync("--log-style", style), options);
  const ended = once(child, "exit");
  const { stdout } = child;
  await once(stdout, "data");
  writePack(style, "Some");
  await once(stdout, "data");
  run("healthcheck");
  run("status");
  child.kill("SIGTERM");
  await ended;
}
