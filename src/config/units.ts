/** What {@link parseSize} understands: bytes, or a number with a decimal (`MB`) or binary (`MiB`) unit, in any case. */
export const SIZE = /^(\d+(?:\.\d+)?) ?(b|kb|mb|gb|tb|kib|mib|gib|tib)?$/i;

/** What {@link parseDuration} understands: seconds, or a number with one unit. */
export const DURATION = /^(\d+(?:\.\d+)?) ?(ms|s|m|h|d)?$/;

const BYTES: Readonly<Record<string, number>> = {
  ...{ b: 1, kb: 1e3, mb: 1e6, gb: 1e9, tb: 1e12 },
  ...{ kib: 2 ** 10, mib: 2 ** 20, gib: 2 ** 30, tib: 2 ** 40 },
};
const SECONDS: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400 };

/** `64MiB` in bytes; `NaN` for what is not {@link SIZE}. */
export function parseSize(text: string): number {
  const [, amount, unit = "b"] = SIZE.exec(text) ?? [];
  return Math.round(Number(amount) * (BYTES[unit.toLowerCase()] ?? Number.NaN));
}

/** `10m` in seconds; `NaN` for what is not {@link DURATION}. */
export function parseDuration(text: string): number {
  const [, amount, unit = "s"] = DURATION.exec(text) ?? [];
  return Number(amount) * (SECONDS[unit] ?? Number.NaN);
}

/** Exact, in the largest binary unit that divides it: `64MiB`, else plain bytes. {@link parseSize} reads it back. */
export function formatSize(bytes: number): string {
  const unit = (["TiB", "GiB", "MiB", "KiB"] as const).find((unit) => divides(BYTES[unit.toLowerCase()], bytes));
  return unit === undefined ? String(bytes) : `${bytes / (BYTES[unit.toLowerCase()] ?? 1)}${unit}`;
}

/** Exact, in the largest unit that divides it: `10m`, else seconds. {@link parseDuration} reads it back. */
export function formatDuration(seconds: number): string {
  const unit = (["d", "h", "m"] as const).find((unit) => divides(SECONDS[unit], seconds)) ?? "s";
  return `${seconds / (SECONDS[unit] ?? 1)}${unit}`;
}

function divides(unit: number | undefined, amount: number): boolean {
  return unit !== undefined && amount > 0 && amount % unit === 0;
}
