import { mkdir, open, readFile, rm, writeFile } from "node:fs/promises";
import { errnoOf } from "../errors.ts";
import { adopt, type Owner } from "../platform/ownership.ts";
import { CANARY, type CanaryPlace } from "./paths.ts";

const SONG = "song.txt";

const PACK = `ref: ${CANARY}
label: Canary
description: What packsync publishes for itself, to know that changes get through
version: 1.0.0
`;

/** The canary's source as it is at first. */
export async function prepareSource({ root, source }: CanaryPlace, owner: Owner | undefined): Promise<void> {
  const pack = `${source}/${CANARY}`;
  await rm(source, { recursive: true, force: true });
  for (const directory of [root, source, pack]) {
    await mkdir(directory, { mode: 0o750 }).catch(unlessThere);
    adopt(directory, owner);
  }
  for (const [name, text] of [["pack.yaml", PACK] as const, [SONG, "\n"] as const]) {
    await writeFile(`${pack}/${name}`, text, { mode: 0o644 });
    adopt(`${pack}/${name}`, owner);
  }
}

function unlessThere(error: unknown): void {
  if (errnoOf(error) !== "EEXIST") throw error;
}

/**
 * Saves a change as an author does. It is made durable here, aside of everything, and only here: a disk that takes nothing any more is
 * noticed, and no publish waits for it.
 */
export async function sing({ source }: CanaryPlace, song: string): Promise<void> {
  const file = await open(`${source}/${CANARY}/${SONG}`, "r+");
  try {
    await file.write(song, 0);
    await file.datasync();
  } finally {
    await file.close();
  }
}

/** What readers of the volume find. */
export async function hear({ target }: CanaryPlace): Promise<string> {
  return await readFile(`${target}/${CANARY}/${SONG}`, "utf8");
}
