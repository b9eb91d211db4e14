import { execFileSync } from "node:child_process";
import { globSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { addLibrariesOf, addOnce, addProgram, makeLibraryPlaces, script, which } from "./root-files.ts";

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
  makeLibraryPlaces(root);
  for (const name of ["busybox", "tini", "strip"]) addProgram(root, which(name), `/usr/bin/${name}`);
  addProgram(root, process.execPath, "/usr/local/bin/node");
  addOnce(root, "/etc/ssl/certs/ca-certificates.crt");
  symlinkSync("usr/bin", `${root}/bin`);
  for (const applet of APPLETS) symlinkSync("busybox", `${root}/usr/bin/${applet}`);
  mkdirSync(`${root}/tmp`);
  script(`${root}/usr/bin/apt-get`, "exit 0");
  script(`${root}/usr/bin/ldd`, LDD);
  script(`${root}/usr/local/bin/npm`, '[ "$1" = ci ] && [ -f package-lock.json ] && cp -a /look-alike/node_modules .');
  for (const native of globSync("node_modules/{@rolldown/binding,lightningcss}-linux-*/*.node", { cwd: PROJECT }))
    addLibrariesOf(root, `${PROJECT}${native}`);
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

/** What a bundle is made of, and with: paths below the project. */
function neededModules(): string[] {
  const { packages } = JSON.parse(readFileSync(`${PROJECT}node_modules/.package-lock.json`, "utf8"));
  const builders = withTheirs(["esbuild", "preact", "@preact/signals", "uplot", "vite"], packages);
  const isNeeded = (path: string) =>
    packages[path].dev !== true ? !path.includes("/node-linux-") : builders.has(path.replace(/^node_modules\//, ""));
  const isOnTop = (path: string) => path.lastIndexOf("node_modules/") === 0; // others lie within one of these
  return Object.keys(packages).filter((path) => isOnTop(path) && isNeeded(path));
}

interface Locked {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** Packages, and whatever of theirs is installed here. */
function withTheirs(names: readonly string[], packages: Readonly<Record<string, Locked>>): ReadonlySet<string> {
  const found = new Set<string>();
  const add = (name: string): void => {
    const known = packages[`node_modules/${name}`];
    if (known === undefined || found.has(name)) return;
    found.add(name);
    for (const each of Object.keys({ ...known.dependencies, ...known.optionalDependencies })) add(each);
  };
  names.forEach(add);
  return found;
}
