import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CARGO_ENV, CARGO_TOOLS } from "../../support/cargo.ts";
import { ENGINE_TOOLS, startEngine, type TestEngine } from "../../support/engine.ts";

export const PROJECT = join(import.meta.dirname, "../../..");
export const SENSOR = "attune-core-timer-sensor";
export const PACK_BINARIES_TOOLS: readonly string[] = [...ENGINE_TOOLS, ...CARGO_TOOLS, "docker", "make", "setpriv"];

/** In `uname -m` terms. */
export const MACHINE = process.arch === "arm64" ? "aarch64" : "x86_64";
export const TARGET = `${MACHINE}-unknown-linux-musl`;
/** What `make` calls the image that copies. */
export const INIT_IMAGE = `packsync-pack-binaries:${MACHINE}`;
/** The base of that image; other containers run it, too. */
export const BUSYBOX = argumentOf("BUSYBOX_IMAGE");

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** An engine that has the base images, or what looks like them. */
export interface Binaries extends AsyncDisposable {
  readonly engine: TestEngine;
  /** The sensor, built static by the project's script with this machine's cargo. */
  readonly sensor: Buffer;
  /** Any program that finds the engine by its variables, in the project; `env` says more. */
  command(file: string, args: readonly string[], env?: Readonly<Record<string, string>>): Ended;
  /** `docker`; what it says on stdout, without the last newline. @throws unless it ends with 0 */
  docker(...args: readonly string[]): string;
}

export async function startBinaries(): Promise<Binaries> {
  const engine = await startEngine();
  const sensor = buildSensor();
  await importAs(engine, BUSYBOX, (root) => busybox(root));
  await importAs(engine, argumentOf("RUST_IMAGE"), (root) => toolchain(root, sensor));
  const command: Binaries["command"] = (file, args, env = {}) => {
    // The distribution's client first, which fits its engine.
    const surroundings = { ...CARGO_ENV, PATH: `/usr/bin:${process.env["PATH"]}`, DOCKER_HOST: engine.host };
    const options = {
      cwd: PROJECT,
      env: { ...surroundings, HOME: engine.directory, ...env },
      encoding: "utf8",
    } as const;
    const { status, stdout, stderr, error } = spawnSync(file, args, options);
    if (error !== undefined) throw error;
    return { status, stdout, stderr };
  };
  return {
    ...{ engine, sensor, command },
    docker(...args) {
      const { status, stdout, stderr } = command("docker", args);
      if (status !== 0) throw new Error(`docker ${args.join(" ")}: ${status}\n${stderr}`);
      return stdout.trimEnd();
    },
    [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose](),
  };
}

/** The default of an argument of the Dockerfile. */
function argumentOf(name: string): string {
  const text = readFileSync(join(PROJECT, "docker/Dockerfile.pack-binaries"), "utf8");
  return new RegExp(`^ARG ${name}=(.+)$`, "m").exec(text)?.[1] ?? "";
}

/** The sensor, built static by the project's script with this machine's cargo. */
export function buildSensor(): Buffer {
  const directory = mkdtempSync(join(tmpdir(), "packsync-sensor-"));
  try {
    const env = { ...CARGO_ENV, RUST_TARGET: TARGET, PACK_BINARIES_BUILDER: "cargo" };
    execFileSync(join(PROJECT, "scripts/build-pack-binaries.sh"), [directory], {
      env,
      stdio: ["ignore", "ignore", "pipe"],
    });
    return readFileSync(join(directory, SENSOR));
  } finally {
    rmSync(directory, { recursive: true });
  }
}

async function importAs({ directory, api }: TestEngine, name: string, fill: (root: string) => void): Promise<void> {
  const root = mkdtempSync(join(directory, "image-"));
  fill(root);
  chmodSync(root, 0o755);
  const [repo, tag] = name.split(":");
  const archive = execFileSync("tar", ["-C", root, "-c", "."], { maxBuffer: 1e8 });
  await api("POST", `/images/create?fromSrc=-&repo=${repo}&tag=${tag}`, archive);
}

/** Static, with all its names. */
function busybox(root: string): void {
  for (const name of ["bin", "tmp"]) mkdirSync(join(root, name));
  const path = execFileSync("sh", ["-c", "command -v busybox"], { encoding: "utf8" }).trim();
  cpSync(path, join(root, "bin/busybox"), { dereference: true });
  for (const applet of execFileSync(path, ["--list"], { encoding: "utf8" }).split("\n"))
    if (/^[a-z0-9]+$/.test(applet) && applet !== "busybox") symlinkSync("busybox", join(root, "bin", applet));
}

/**
 * Looks like Rust's image, for machines without a registry: its tools accept what the Dockerfile asks of them and nothing else, `cargo zigbuild`
 * gives the sensor that this machine's cargo has built, and `strip` refuses.
 */
function toolchain(root: string, sensor: Buffer): void {
  busybox(root);
  const program = (name: string, script: string) => {
    rmSync(join(root, "bin", name), { force: true });
    writeFileSync(join(root, "bin", name), `#!/bin/sh\nset -eu\n${script}\n`, { mode: 0o755 });
  };
  writeFileSync(join(root, "sensor"), sensor);
  program("apt-get", 'case "$1" in update | install) ;; *) exit 100 ;; esac');
  program("pip3", '[ "$1" = install ] && touch /zig');
  program("rustup", '[ "$1 $2" = "target add" ] && touch "/target-$3"');
  program(
    "cargo",
    `[ "$*" = "zigbuild --release --locked --target $RUST_TARGET" ] && [ -f /zig ] && [ -f "/target-$RUST_TARGET" ]
[ -f Cargo.toml ] && [ -f Cargo.lock ] && [ -s src/main.rs ]
mkdir -p "target/$RUST_TARGET/release"
if grep -q "^fn main() {}" src/main.rs; then echo empty; else cat /sensor; fi > "target/$RUST_TARGET/release/${SENSOR}"`,
  );
  program("strip", "exit 1");
}
