import type { PackDetail } from "../../documents.ts";
import { mayChange } from "../../store.ts";
import { plural } from "../../text.ts";
import { Button } from "../../ui/button.tsx";
import { Icon } from "../../ui/icon.tsx";
import { JobLine, useOneJob } from "./job-line.tsx";
import { isPinned } from "./release.ts";

interface ActionsProps {
  readonly pack: PackDetail;
  readonly path: string;
  readonly onDone: () => void;
}

/** What one may have done to a pack; nothing, for who may only read. */
export function Actions({ pack, path, onDone }: ActionsProps) {
  const [job, start] = useOneJob(onDone);
  if (!mayChange.value) return null;
  const { ref, state, release } = pack;
  const isLive = release !== null && state !== "foreign";
  const body = {};
  const sync = () =>
    start({
      path: "api/v1/sync",
      body: { packs: [ref] },
      doing: `Syncing ${ref}`,
      done: (result) => `${ref} is synced: ${outcomeOf(result, ref)}.`,
    });
  const verify = () =>
    start({
      path: "api/v1/verify",
      body: { packs: [ref] },
      doing: `Verifying ${ref}`,
      done: (result) => verified(ref, result),
    });
  const pin = () =>
    start({ path: `${path}/pin`, body, doing: `Pinning ${ref}`, done: `${ref} is pinned: it stays as it is` });
  const unpin = () =>
    start({ path: `${path}/unpin`, body, doing: `Unpinning ${ref}`, done: `${ref} follows its source again` });
  return (
    <div class="actions">
      <div class="buttons">
        {state !== "foreign" && <Button onClick={sync}>Sync now</Button>}
        {isLive && <Button onClick={verify}>Verify</Button>}
        {isLive && !isPinned(state) && (
          <Button onClick={pin}>
            <Icon name="pin" /> Pin
          </Button>
        )}
        {isPinned(state) && <Button onClick={unpin}>Unpin</Button>}
      </div>
      <JobLine job={job} />
    </div>
  );
}

/** What became of the pack, of a sync's report. */
function outcomeOf(result: unknown, ref: string): string {
  const mine = listIn(result, "packs").find((pack) => pack["ref"] === ref);
  return typeof mine?.["outcome"] === "string" ? mine["outcome"] : "nothing changed";
}

/** What became of the files, of a verification's report. */
function verified(ref: string, result: unknown): string {
  const mine = listIn(result, "packs").find((pack) => pack["ref"] === ref);
  const findings = listIn(mine, "findings").map(({ message }) => String(message));
  if (mine?.["verdict"] === "sound")
    return `${ref} is sound: ${plural(Number(mine["files"]), "file")} were read again.`;
  return `${ref} is ${String(mine?.["verdict"] ?? "unknown")}: ${findings.join(" ")}`;
}

type Mapping = Readonly<Record<string, unknown>>;

function listIn(value: unknown, field: string): readonly Mapping[] {
  const list = isMapping(value) ? value[field] : undefined;
  return Array.isArray(list) ? list.filter(isMapping) : [];
}

function isMapping(value: unknown): value is Mapping {
  return typeof value === "object" && value !== null;
}
