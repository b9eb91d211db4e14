import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { downloadFailed } from "./failure.ts";

/** What bytes have to be: `algorithm` and their digest in lower-case hex. */
export interface Checksum {
  readonly algorithm: "sha256" | "sha512";
  readonly hex: string;
}

const LENGTHS = { sha256: 64, sha512: 128 } as const;

/** `sha256:<hex>` or `sha512:<hex>`, in any case. @throws PacksyncError for others: sha1 and md5 prove nothing */
export function parseChecksum(text: string): Checksum {
  const [, algorithm, hex] = /^(sha256|sha512):([0-9a-f]+)$/.exec(text.trim().toLowerCase()) ?? [];
  if ((algorithm === "sha256" || algorithm === "sha512") && hex?.length === LENGTHS[algorithm])
    return { algorithm, hex };
  throw downloadFailed(`Expected a checksum \`sha256:…\` or \`sha512:…\`, got \`${text.slice(0, 100)}\``);
}

export function checksumText({ algorithm, hex }: Checksum): string {
  return `${algorithm}:${hex}`;
}

export async function checksumOf(file: string, algorithm: Checksum["algorithm"]): Promise<Checksum> {
  const hash = createHash(algorithm);
  for await (const chunk of createReadStream(file)) hash.update(chunk);
  return { algorithm, hex: hash.digest("hex") };
}

/** @throws PacksyncError when the file is not what was expected; nobody may use it then */
export async function verifyFile(file: string, expected: Checksum, what: string): Promise<void> {
  const actual = await checksumOf(file, expected.algorithm);
  if (actual.hex !== expected.hex) throw wrongChecksum(what, expected, actual);
}

export function wrongChecksum(what: string, expected: Checksum, actual: Checksum) {
  return downloadFailed(`Expected ${what} to have ${checksumText(expected)}, got ${checksumText(actual)}`, {
    hint: "Somebody changed it, or the registry is out of date: do not install it before you know which.",
  });
}
