import { readFileSync } from "node:fs";
import { signalFailed } from "./failure.ts";

/** A file's text, without the line break that editors put at its end. */
export function readSecret(file: string): string {
  try {
    return readFileSync(file, "utf8").trim();
  } catch (error) {
    throw signalFailed(`Expected a secret in ${file}, got none: it cannot be read`, { cause: error });
  }
}
