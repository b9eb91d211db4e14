import type { CycleReport, PackReport, SourceReport } from "../../src/cycle/report.ts";
import { NO_CHANGES } from "../../src/cycle/report.ts";

export function packReport(about: Partial<PackReport> = {}): PackReport {
  const name = about.ref ?? "core";
  return {
    ref: name,
    source: "packs",
    directory: name,
    kind: "production",
    version: "1.0.0",
    outcome: "published",
    release: "1-0123abcd",
    changes: NO_CHANGES,
    diagnostics: [],
    ...about,
  };
}

export function sourceReport(about: Partial<SourceReport> = {}): SourceReport {
  return {
    name: "packs",
    path: "/source/packs",
    kind: "production",
    state: "listed",
    held: undefined,
    diagnostics: [],
    ...about,
  };
}

export function cycleReport(packs: readonly PackReport[], about: Partial<CycleReport> = {}): CycleReport {
  return { sources: [sourceReport()], shadowed: [], packs, ...about };
}
