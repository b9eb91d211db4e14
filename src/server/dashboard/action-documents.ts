import * as z from "zod";
import type { CycleReport } from "../../cycle/report.ts";
import type { NotifyReport } from "../../requests.ts";
import type { Verification } from "../../verifying.ts";
import { diagnostic } from "../schemas.ts";

export const synced = z.object({
  packs: z.array(
    z.object({
      ref: z.string(),
      version: z.string().nullable(),
      source: z.string(),
      directory: z.string(),
      outcome: z.string().describe("docs/cli.md has the table"),
      release: z.string().nullable().describe("The live one"),
      changes: z.record(z.string(), z.int()),
      findings: z.array(diagnostic),
    }),
  ),
  sources: z.array(z.object({ name: z.string(), state: z.string(), held: z.string().nullable() })),
});

export const verified = z.object({
  packs: z.array(
    z.object({
      ref: z.string(),
      release: z.string().nullable(),
      verdict: z.enum(["sound", "drifted", "damaged"]),
      files: z.int().describe("How many were read"),
      repaired: z.string().nullable().describe("The release that brought back what drifted"),
      findings: z.array(diagnostic),
    }),
  ),
  catalogs: z.array(diagnostic.extend({ ref: z.string() })).describe("Where what is registered is not what is live"),
});

export const notified = z.object({
  service: z.string(),
  ending: z.enum(["told", "absent", "unhealthy", "failed"]),
  why: z.string().nullable(),
  evidence: z.array(z.string()),
  took_ms: z.number(),
  failures: z.int().describe("Attempts since the last success"),
});

export const pinned = z.object({ pack_ref: z.string(), release: z.string().describe("The live one") });

export function syncedDocument({ packs, sources }: CycleReport): z.infer<typeof synced> {
  return {
    packs: packs.map(({ ref, version = null, source, directory, outcome, release = null, changes, diagnostics }) => {
      return { ref, version, source, directory, outcome, release, changes: { ...changes }, findings: [...diagnostics] };
    }),
    sources: sources.map(({ name, state, held = null }) => ({ name, state, held })),
  };
}

export function verifiedDocument({ packs, catalogs }: Verification): z.infer<typeof verified> {
  return {
    packs: packs.map(({ ref, release = null, verdict, files, repair, diagnostics }) => ({
      ref,
      release,
      verdict,
      files,
      repaired: repair?.release ?? null,
      findings: [...diagnostics, ...(repair?.diagnostics ?? [])],
    })),
    catalogs: catalogs.map(({ ref, diagnostic: found }) => ({ ref, ...found })),
  };
}

export function notifiedDocument(report: NotifyReport): z.infer<typeof notified> {
  const { service, ending, why = null, evidence, tookMs, failures } = report;
  return { service, ending, why, evidence: [...evidence], took_ms: tookMs, failures };
}
