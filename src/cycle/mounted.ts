import { changesBetween } from "../plan/between.ts";
import { contentDigest } from "../publish/manifest.ts";
import type { Look } from "../scan/look.ts";
import { MOUNTED } from "../scan/mounted.ts";
import type { KnownPack, PackIdentity } from "../scan/store.ts";
import type { CycleDeps } from "./deps.ts";
import { type Context, finished, type Prepared } from "./prepared.ts";

/** What services read where it is: nothing of it is copied, but it concerns them as a release does, and has a name as one. */
export function checkMounted(context: Context, { ref, version }: PackIdentity, deps: CycleDeps): Prepared {
  const { look, record, scanned } = context;
  const [source, directory] = [look.source.name, look.directory];
  const { diagnostics, facts: after, snapshot } = scanned;
  const files = Object.fromEntries(snapshot.files);
  const release = `${MOUNTED}${contentDigest(files).slice(0, 8)}`;
  const [known, before] = [deps.store.mounted(source, directory), deps.store.facts(source, directory)];
  const dialect = after?.dialect ?? before?.dialect ?? "attune";
  const changes = changesBetween(known?.files ?? {}, files);
  const routing = deps.route?.({ ref, source, changes, becomes: "published", dialect, before, after });
  if (known?.release !== release || known.ref !== ref)
    deps.store.saveMounted({ source, directory, ref, release, files, seenAtMs: deps.now().getTime() });
  return finished(look, record, { outcome: "checked", version, release, diagnostics, ...(routing && { routing }) });
}

/** Not a stamp differs. Whoever does not know what was valid last scans it again. */
export function settledMounted(look: Look, { diagnostics }: KnownPack, { store }: CycleDeps): Prepared | undefined {
  const before = store.mounted(look.source.name, look.directory);
  if (before === undefined) return undefined;
  return finished(look, undefined, { outcome: "checked", release: before.release, diagnostics });
}
