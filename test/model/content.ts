import { elfFile } from "../support/elf.ts";

/** What a file holds, by name: `<kind> <number>`, of a manifest the ref. Other names are other bytes, of another size. */
export type Content = string;

/** One file of the model. `mode` are its permission bits. */
export interface ModelFile {
  readonly content: Content;
  readonly mode: number;
}

export function bytesOf(content: Content): Uint8Array {
  const [kind, which = ""] = content.split(" ");
  if (kind === "manifest") return Buffer.from(`ref: ${which}\nversion: 1.0.0\n`);
  if (kind === "broken") return Buffer.from("name: [unclosed\n");
  if (kind === "definition") return Buffer.from(`name: a\ndescription: ${which}\n`);
  if (kind === "script") return Buffer.from(`#!/bin/sh\n${which}\n`);
  if (!isElf(content)) return Buffer.from(content);
  return elfFile({ machine: kind === "other" ? 183 : 62, interpreter: kind === "dynamic", padding: which });
}

/** The other way round. */
export function contentOf(bytes: Buffer): Content {
  const text = bytes.toString("latin1");
  if (/^text \d+$/.test(text)) return text;
  const found = SPECIAL.find((content) => bytes.equals(bytesOf(content)));
  const ref = /^ref: (.*)$/m.exec(text)?.[1];
  if (found === undefined && ref === undefined) throw new Error(`Nobody writes ${JSON.stringify(text)}`);
  return found ?? `manifest ${ref}`;
}

/** Binaries that both sides have. */
export const BINARIES = ["static 1", "static 2", "static 3", "dynamic 1", "dynamic 2", "other 1"] as const;
export const SCRIPTS = ["script 1", "script 2"] as const;
const SPECIAL: readonly Content[] = [...BINARIES, ...SCRIPTS, "definition 1", "definition 2", "broken"];

export function isElf(content: Content | undefined): boolean {
  return content !== undefined && /^(static|dynamic|other) /.test(content);
}

/** A static executable, for whatever machine. */
export function isStatic(content: Content): boolean {
  return /^(static|other) /.test(content);
}

/** A static executable for the machine that is wanted. */
export function isWanted(content: Content | undefined): boolean {
  return content?.startsWith("static ") === true;
}

/** How a file of a source comes out: executable or not, and what needs to be is. */
export function published({ content, mode }: ModelFile): ModelFile {
  const isExecutable = (mode & 0o111) !== 0 || isElf(content) || content.startsWith("script ");
  return { content, mode: isExecutable ? 0o755 : 0o644 };
}
