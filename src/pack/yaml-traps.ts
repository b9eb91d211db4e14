import { type Document, parseDocument } from "yaml";
import type { Finding } from "./finding.ts";
import { OPTIONS } from "./yaml-positions.ts";
import { isSuspect } from "./yaml-suspects.ts";
import { readYamlText } from "./yaml-text.ts";
import { findingsOf, type TrapContext } from "./yaml-trap-findings.ts";
import { type Trap, trapsIn } from "./yaml-trap-search.ts";

/** How a file reads that some parser may understand in another way than its author. */
export interface PlatformReading {
  readonly findings: readonly Finding[];
  /** What the dialect's platform gets: StackStorm reads YAML 1.1, where `enabled: yes` is `true`. */
  readonly value: unknown;
}

/** In UTF-16 code units: larger files are given the benefit of the doubt, for they would take seconds. */
const MAX_LENGTH = 131_072;
const MAX_FINDINGS = 50;

/**
 * Keys that repeat, and scalars without quotes that YAML 1.1 (PyYAML, which loads packs for both platforms) reads in another
 * way than YAML 1.2 (Attune's API), or than anybody means.
 *
 * @param value what the file says by YAML 1.2, without a fault
 */
export function readAsPlatform(source: string | Uint8Array, value: unknown, about: TrapContext): PlatformReading {
  const { ok, text } = readYamlText(source);
  const unchanged = { findings: [], value };
  if (!ok || text.length > MAX_LENGTH || !isSuspect(text)) return unchanged;
  try {
    const document = parseDocument(text, OPTIONS);
    if (document.errors.length > 0) return unchanged;
    const traps = [...trapsIn(document.contents, [])].slice(0, MAX_FINDINGS);
    const findings = traps.flatMap((trap) => findingsOf(trap, about, text));
    return { findings, value: about.dialect === "stackstorm" ? valueIn11(document, traps, value) : value };
  } catch {
    // a stack overflow, survived
    return unchanged;
  }
}

function valueIn11(document: Document, traps: readonly Trap[], value: unknown): unknown {
  const changed = traps.filter((trap) => trap.kind === "scalar" && "value" in trap.reading);
  if (changed.length === 0) return value;
  for (const { node, ...trap } of changed) {
    if (trap.kind === "scalar" && "value" in trap.reading) node.value = trap.reading.value;
  }
  return document.toJS();
}
