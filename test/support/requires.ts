import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { postgresPrograms } from "./postgres.ts";

const isStrict = process.env["PACKSYNC_TEST_STRICT"] === "1";

/** What some tests need of the machine. */
export const requires = {
  root: process.geteuid?.() === 0,
  tool(name: string): boolean {
    try {
      execFileSync("sh", ["-c", 'command -v "$1"', "sh", name], { stdio: "ignore" });
      return true;
    } catch {
      return false;
    }
  },
  userNamespaces(): boolean {
    return spawnSync("unshare", ["--user", "--map-root-user", "true"]).status === 0;
  },
  fileSystem(name: string): boolean {
    try {
      execFileSync("modprobe", ["--quiet", name], { stdio: "ignore" });
    } catch {} // it may be built in
    return readFileSync("/proc/filesystems", "utf8").split(/\s/).includes(name);
  },
};

interface Needs {
  readonly root?: true;
  readonly tools?: readonly string[];
  /** A process may make one, and is root in it. */
  readonly userNamespaces?: true;
  /** Of the kernel. */
  readonly fileSystem?: string;
  /** Its server (Debian: postgresql), which tests start for themselves. */
  readonly postgres?: true;
  /** In milliseconds. */
  readonly timeout?: number;
}

/** A test that needs something of the machine: without it it says so and is skipped, or fails when the run is strict. */
export function testWith(needs: Needs, title: string, run: () => void | Promise<void>): void {
  const missing = missingOf(needs).join(", ");
  const { timeout } = needs;
  if (missing === "") {
    test(title, { ...(timeout === undefined ? {} : { timeout }) }, run);
  } else if (isStrict) {
    test(title, () => expect.fail(`Expected ${missing}, for PACKSYNC_TEST_STRICT=1`));
  } else {
    process.stderr.write(`SKIPPED for want of ${missing}: ${title}\n`);
    test.skip(title, run);
  }
}

/** The same for everything that `define` has. */
export function describeWith(needs: Needs, title: string, define: () => void): void {
  if (missingOf(needs).length === 0) describe(title, define);
  else testWith(needs, title, () => {});
}

function missingOf({ root, tools = [], userNamespaces, fileSystem, postgres }: Needs): string[] {
  const lacks = (name: string) => !requires.fileSystem(name);
  return [
    ...(root && !requires.root ? ["root"] : []),
    ...tools.filter((tool) => !requires.tool(tool)),
    ...(userNamespaces && !requires.userNamespaces() ? ["user namespaces"] : []),
    ...(postgres && postgresPrograms() === undefined ? ["PostgreSQL's server"] : []),
    ...(fileSystem !== undefined && lacks(fileSystem) ? [`a kernel with ${fileSystem}`] : []),
  ];
}
