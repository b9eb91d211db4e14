import { contentDigest, KEPT, type Manifest } from "../publish/manifest.ts";
import type { ScannedPack } from "../scan/scan-pack.ts";
import type { CycleDeps } from "./deps.ts";
import { pinnedFinding } from "./findings.ts";
import { appliedKey, type Context, type Decision, finished, listed } from "./prepared.ts";
import { stageRepair } from "./repair.ts";
import { countChanges } from "./report.ts";

/** Somebody said that it stays, or the source still has what somebody went back from. */
export function isPinned({ pinned, content }: Manifest, scanned: ScannedPack): boolean {
  return pinned === KEPT || (pinned === true && contentOf(scanned) === content);
}

/** See {@link Manifest.content}. */
export function contentOf({ snapshot }: ScannedPack): string {
  return contentDigest(Object.fromEntries(snapshot.files));
}

/** What others took away from a pinned release comes back, as the source's would. */
export function stayPinned({ look, record, scanned, staging }: Context, previous: Manifest, deps: CycleDeps): Decision {
  staging?.clear();
  const diagnostics = [...scanned.diagnostics, pinnedFinding(previous)];
  const { changes, staged, lost } = stageRepair(previous, "stamps", deps);
  if (lost.length > 0) {
    const prepared = finished(look, record, { outcome: "failed", diagnostics: [...diagnostics, ...lost] });
    return { prepared, diagnostics };
  }
  if (changes.length > 0) {
    const about = { outcome: "published", diagnostics, changes: countChanges(changes) } as const;
    const prepared = finished(look, record, { ...about, ...listed({ changes }, deps) });
    const release = staged?.manifest.release ?? record?.release;
    return { prepared: { ...prepared, staged, report: { ...prepared.report, release } }, diagnostics };
  }
  const source = { name: look.source.name, directory: look.directory };
  const applied = appliedKey(scanned, deps);
  const { memory, content } = previous;
  deps.publisher?.confirm({ manifest: previous, source, memory, content, applied });
  return { prepared: finished(look, record, { outcome: "unchanged", diagnostics }), diagnostics };
}
