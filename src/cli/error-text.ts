import { PacksyncError } from "../errors.ts";
import type { Paint } from "./text.ts";

/** What failed and what to do; only what nobody foresaw comes with a stack. */
export function errorText(error: unknown, paint: Paint): string {
  if (!(error instanceof PacksyncError)) return `${paint("red", "packsync failed")}: ${stackOf(error)}\n`;
  const { position, message, hint } = error;
  const place = position === undefined ? "" : `${position.file}:${position.line}:${position.column}: `;
  const line = `${paint("red", "packsync")}: ${place}${message}\n`;
  return hint === undefined ? line : `${line}  → ${hint}\n`;
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
