import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import type { MultipartFile } from "@fastify/multipart";
import type { FastifyRequest } from "fastify";
import { isSystemError } from "../../errors.ts";
import { unusable } from "../../platform/unusable.ts";
import { Refusal } from "../refusal.ts";

/** What came with an upload. */
export interface Received {
  /** Where the archive is. */
  readonly archive: string;
  readonly force: boolean;
  readonly skipTests: boolean;
}

/** As the platform takes them; in bytes. */
export const MAX_ARCHIVE = 100 * 2 ** 20;
/** Of a form beside its file. */
const MAX_FORM = 64 * 1024;

/** Of the parser: what is more is refused with 413. */
export function formLimits(archiveBytes: number) {
  return { fileSize: archiveBytes, files: 1, fields: 16, parts: 17, fieldSize: 1024, fieldNameSize: 100 } as const;
}

/**
 * Writes the form's file into a directory while it comes; fields may come before it or after it.
 *
 * @throws Refusal 400 for a form without a pack, 413 for one that is too large
 */
export async function receive(request: FastifyRequest, directory: string, archiveBytes: number): Promise<Received> {
  if (Number(request.headers["content-length"] ?? 0) > archiveBytes + MAX_FORM) throw tooLarge(archiveBytes);
  try {
    return await read(request, join(directory, "archive"), archiveBytes);
  } catch (error) {
    throw unreadable(error, directory);
  }
}

async function read(request: FastifyRequest, archive: string, archiveBytes: number): Promise<Received> {
  const fields = new Map<string, unknown>();
  let isThere = false;
  for await (const part of request.parts()) {
    if (part.type === "field") fields.set(part.fieldname, part.value);
    else {
      if (part.fieldname !== "pack") throw noPack(`a file named \`${JSON.stringify(part.fieldname).slice(1, -1)}\``);
      await write(part, archive, archiveBytes);
      isThere = true;
    }
  }
  if (!isThere) throw noPack(fields.has("pack") ? "a field without a file" : "nothing");
  return { archive, force: flagOf(fields, "force"), skipTests: flagOf(fields, "skip_tests") };
}

async function write({ file }: MultipartFile, archive: string, archiveBytes: number): Promise<void> {
  await pipeline(file, createWriteStream(archive, { flags: "wx", mode: 0o600 }));
  if (file.truncated) throw tooLarge(archiveBytes);
}

function flagOf(fields: ReadonlyMap<string, unknown>, name: string): boolean {
  const value = fields.get(name);
  if (value === undefined || value === "" || value === "false" || value === "0") return false;
  if (value === "true" || value === "1") return true;
  const got = typeof value === "string" ? `\`${JSON.stringify(value.slice(0, 60)).slice(1, -1)}\`` : "something else";
  throw new Refusal(400, `Expected \`${name}\` to be \`true\` or \`false\`, got ${got}.`);
}

/** The parser throws plain errors for a form that is none. */
function unreadable(error: unknown, directory: string): unknown {
  if (isSystemError(error)) return unusable(`the directory for uploads ${directory}`, error);
  if (!(error instanceof Error) || error instanceof Refusal || "statusCode" in error) return error;
  return new Refusal(400, `Expected a whole form, got: ${error.message.slice(0, 200)}.`);
}

function noPack(got: string): Refusal {
  return new Refusal(400, `Expected \`pack\` to be a file of the form, got ${got}.`);
}

function tooLarge(archiveBytes: number): Refusal {
  return new Refusal(413, `Expected an archive of at most ${archiveBytes} bytes, got more.`);
}
