import { copyFileSync, existsSync, statSync, watch } from "node:fs";
import { join } from "node:path";

/*
 * What `docker compose watch` does, with a directory in the container's place: `node copy-loop.ts <source> <copy>` copies what was
 * written, file by file, once nothing was written for half a second.
 */

const QUIET_MS = 500;

const [source = "", copy = ""] = process.argv.slice(2);
const changed = new Set<string>();
let timer: NodeJS.Timeout | undefined;

function copyChanged(): void {
  for (const path of changed) {
    const file = join(source, path);
    if (existsSync(file) && statSync(file).isFile()) copyFileSync(file, join(copy, path));
  }
  changed.clear();
}

watch(source, { recursive: true }, (_, path) => {
  if (path === null) return;
  changed.add(path);
  clearTimeout(timer);
  timer = setTimeout(copyChanged, QUIET_MS);
});
process.stdout.write("watching\n");
