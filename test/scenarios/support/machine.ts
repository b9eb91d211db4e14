import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Story } from "./story.ts";

/** Mounts until the story is over. */
export function mount(story: Story, path: string, ...args: readonly string[]): void {
  mkdirSync(story.at(path), { recursive: true });
  execFileSync("mount", [...args, story.at(path)]);
  story.defer(() => execFileSync("umount", ["--lazy", story.at(path)]));
}

/** A real ELF file; another `answer` gives other bytes. */
export function build(linkage: "static" | "dynamic", answer: number): Buffer {
  const directory = mkdtempSync(join(tmpdir(), "packsync-gcc-"));
  try {
    writeFileSync(`${directory}/a.c`, `int main(void) { return ${answer}; }\n`);
    execFileSync("gcc", [...(linkage === "static" ? ["-static"] : []), "-o", `${directory}/a`, `${directory}/a.c`]);
    return readFileSync(`${directory}/a`);
  } finally {
    rmSync(directory, { recursive: true });
  }
}
