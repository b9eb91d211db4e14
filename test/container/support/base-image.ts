import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

const PROJECT = new URL("../../..", import.meta.url).pathname;

/** What the Dockerfile takes from a distribution: this machine's. */
export const BASE_TOOLS: readonly string[] = ["busybox", "tini", "strip", "ldd"];

/**
 * Something that looks like the image of Node's that the Dockerfile begins with, for machines without a registry: Node, a shell, and this machine's
 * tini, busybox and strip, installed already, so that its `apt-get` has nothing left to do. Its `npm ci` gives what is in the checkout.
 *
 * @returns as a tar archive, for the engine
 */
export function baseImage(directory: string): Buffer {
  const root = `${directory}/base`;
  const add = (from: string, to: string): void => {
    mkdirSync(dirname(`${root}${to}`), { recursive: true });
    cpSync(realpathSync(from), `${root}${to}`);
    for (const library of librariesOf(from)) addOnce(root, library);
  };
  for (const name of ["lib", "lib64"]) {
    mkdirSync(`${root}/usr/${name}`, { recursive: true });
    symlinkSync(`usr/${name}`, `${root}/${name}`);
  }
  for (const name of ["busybox", "tini", "strip"]) add(which(name), `/usr/bin/${name}`);
  add(process.execPath, "/usr/local/bin/node");
  addOnce(root, "/etc/ssl/certs/ca-certificates.crt");
  symlinkSync("usr/bin", `${root}/bin`);
  for (const applet of APPLETS) symlinkSync("busybox", `${root}/usr/bin/${applet}`);
  mkdirSync(`${root}/tmp`);
  program(`${root}/usr/bin/apt-get`, "exit 0");
  program(`${root}/usr/bin/ldd`, LDD);
  program(`${root}/usr/local/bin/npm`, '[ "$1" = ci ] && [ -f package-lock.json ] && cp -a /look-alike/node_modules .');
  const modules = ["--transform", "s,^node_modules/,look-alike/node_modules/,", "-C", PROJECT, ...neededModules()];
  return execFileSync("tar", ["-c", "-C", root, ".", ...modules], { maxBuffer: 1e9 });
}

const APPLETS = [
  "sh",
  "ln",
  "mkdir",
  "cp",
  "dirname",
  "sed",
  "chmod",
  "chown",
  "echo",
  "rm",
  "cat",
  "printf",
  "env",
  "ls",
  "test",
];

/** As glibc's: what the loader itself says. */
const LDD =
  'for loader in /lib64/ld-linux-*.so.* /lib/ld-linux-*.so.*; do [ -e "$loader" ] && exec "$loader" --list "$1"; done; exit 1';

function program(path: string, script: string): void {
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
}

function which(name: string): string {
  return execFileSync("sh", ["-c", `command -v ${name}`], { encoding: "utf8" }).trim();
}

function librariesOf(file: string): readonly string[] {
  try {
    const text = execFileSync("ldd", [file], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
    return [...text.matchAll(/(?:=> |^\s+)(\/\S+) \(/gm)].map(([, path = ""]) => path);
  } catch {
    return []; // it is static
  }
}

/** `/lib` is `/usr/lib`. */
function addOnce(root: string, path: string): void {
  const to = join(root, path.startsWith("/lib") ? `/usr${path}` : path);
  mkdirSync(dirname(to), { recursive: true });
  cpSync(realpathSync(path), to);
}

/** What a bundle is made of, and with: paths below the project. */
function neededModules(): string[] {
  const { packages } = JSON.parse(readFileSync(`${PROJECT}node_modules/.package-lock.json`, "utf8"));
  const isNeeded = (path: string) =>
    packages[path].dev !== true ? !path.includes("/node-linux-") : /^node_modules\/(@esbuild\/.*|esbuild)$/.test(path);
  const isOnTop = (path: string) => path.lastIndexOf("node_modules/") === 0; // others lie within one of these
  return Object.keys(packages).filter((path) => isOnTop(path) && isNeeded(path));
}
