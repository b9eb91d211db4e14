import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/*
 * What look-alike images are made of: files of this machine, below `root`.
 */

export function makeLibraryPlaces(root: string): void {
  for (const name of ["lib", "lib64"]) {
    mkdirSync(`${root}/usr/${name}`, { recursive: true });
    symlinkSync(`usr/${name}`, `${root}/${name}`);
  }
}

/** With the libraries that it loads. */
export function addProgram(root: string, from: string, to: string): void {
  mkdirSync(dirname(`${root}${to}`), { recursive: true });
  cpSync(realpathSync(from), `${root}${to}`);
  addLibrariesOf(root, from);
}

/** What a program, or a library that a program loads while it runs, has to find. */
export function addLibrariesOf(root: string, file: string): void {
  for (const library of librariesOf(file)) addOnce(root, library);
}

export function script(path: string, text: string): void {
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, 0o755);
}

export function which(name: string): string {
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

/** A file of this machine at its place; `/lib` is `/usr/lib`. */
export function addOnce(root: string, path: string): void {
  const to = join(root, path.startsWith("/lib") ? `/usr${path}` : path);
  mkdirSync(dirname(to), { recursive: true });
  cpSync(realpathSync(path), to);
}
