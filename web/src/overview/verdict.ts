import type { DaemonStatus, PackRow } from "../documents.ts";
import { plural } from "../text.ts";
import { isLive, needsAttention } from "./pack-filter.ts";

export interface Verdict {
  readonly tone: "good" | "warn" | "bad";
  readonly text: string;
}

type Daemon = Pick<DaemonStatus, "is_running" | "trouble" | "faults"> & {
  readonly services: readonly Pick<DaemonStatus["services"][number], "state">[];
};

/** One sentence that says whether everything is live. */
export function verdictOf(packs: readonly PackRow[], daemon: Daemon, now: number): Verdict {
  if (!daemon.is_running) return { tone: "warn", text: "No daemon is running" };
  if (daemon.trouble !== null) return { tone: "bad", text: "The volume cannot be used" };
  const waiting = packs.filter((pack) => needsAttention(pack, now)).length;
  if (waiting > 0)
    return { tone: "warn", text: `${waiting} of ${plural(packs.length, "pack")} ${verb(waiting, "need")} a look` };
  const live = liveText(packs.filter(isLive).length);
  if (daemon.faults.length > 0) return { tone: "warn", text: `${live}, but not everything works` };
  const behind = daemon.services.filter(({ state }) => !KNOWING.includes(state)).length;
  if (behind > 0)
    return { tone: "warn", text: `${live}; ${plural(behind, "service")} ${verb(behind, "do", "es")} not know yet` };
  return { tone: "good", text: live };
}

/** Who is not there reads what is live when it starts. */
const KNOWING: readonly string[] = ["told", "absent"];

/** Beside what is live there may be what was retired, and what others have brought. */
function liveText(count: number): string {
  if (count === 0) return "Nothing is published";
  return count === 1 ? "The pack is live" : `All ${plural(count, "pack")} are live`;
}

function verb(count: number, stem: string, ending = "s"): string {
  return count === 1 ? `${stem}${ending}` : stem;
}
