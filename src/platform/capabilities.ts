import { readFileSync } from "node:fs";

/** What root needs for what belongs to others: to give files away, to write where they are, to change what is theirs. See capabilities(7). */
const NEEDED = { CHOWN: 0n, DAC_OVERRIDE: 1n, FOWNER: 3n } as const;

/** Those of the {@link NEEDED} that this process lacks; none where the system does not say. */
export function missingCapabilities(status: string = ownStatus()): readonly string[] {
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1];
  if (effective === undefined) return [];
  const bits = BigInt(`0x${effective}`);
  return Object.entries(NEEDED).flatMap(([name, bit]) => ((bits & (1n << bit)) === 0n ? [name] : []));
}

function ownStatus(): string {
  try {
    return readFileSync("/proc/self/status", "utf8");
  } catch {
    return "";
  }
}
