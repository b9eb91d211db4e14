import { useState } from "preact/hooks";
import type { PackDetail } from "../../documents.ts";
import { link } from "../../route.ts";
import { mayChange } from "../../store.ts";
import { bytesText, plural } from "../../text.ts";
import { Badge, type Tone } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import type { IconName } from "../../ui/icon.tsx";
import { Time } from "../../ui/time.tsx";
import { Empty, Loaded } from "../../ui/views.tsx";
import { useLoad } from "../../use-load.ts";
import { Diff } from "./diff.tsx";
import { JobLine, useOneJob } from "./job-line.tsx";
import { changesText, isKept, isLive, type Release } from "./release.ts";

const STATES: Readonly<Record<Release["state"], readonly [Tone, IconName]>> = {
  live: ["good", "check"],
  pinned: ["info", "pin"],
  kept: ["quiet", "clock"],
  retirement: ["quiet", "dash"],
  gone: ["quiet", "cross"],
};

interface ReleasesProps {
  readonly pack: PackDetail;
  readonly path: string;
  readonly version: string;
  readonly onDone: () => void;
}

/** What was live, the newest first; what is different between any two; and the way back. */
export function Releases({ pack, path, version, onDone }: ReleasesProps) {
  const [load, again] = useLoad<readonly Release[]>(`${path}/releases`, version);
  if (load.state === "failed" && load.failure.status === 404)
    return (
      <Empty title="No releases" icon="clock">
        <p>Nothing of this pack was ever published.</p>
      </Empty>
    );
  return (
    <Loaded load={load} what="the releases" again={again}>
      {(releases) => <Timeline pack={pack} path={path} releases={releases} onDone={onDone} />}
    </Loaded>
  );
}

type TimelineProps = Omit<ReleasesProps, "version"> & { readonly releases: readonly Release[] };

function Timeline({ pack, path, releases, onDone }: TimelineProps) {
  const [chosen, setChosen] = useState<Release | undefined>(undefined);
  const [job, start] = useOneJob(onDone);
  return (
    <section aria-label="Releases" class="releases">
      <JobLine job={job} />
      <ol class="timeline" aria-label="Releases, the newest first">
        {releases.map((release) => (
          <li key={release.release} class={isLive(release) ? "is-live" : ""}>
            <ReleaseRow pack={pack.ref} release={release} onRollback={() => setChosen(release)} />
          </li>
        ))}
      </ol>
      {releases.filter(isKept).length > 1 && <Compare path={path} releases={releases.filter(isKept)} />}
      {chosen !== undefined && (
        <Rollback
          pack={pack}
          to={chosen}
          onClose={() => setChosen(undefined)}
          onSure={() => {
            setChosen(undefined);
            const body = { to: chosen.release, ...(pack.release !== null && { from: pack.release }) };
            start({
              path: `${path}/rollback`,
              body,
              doing: `Rolling ${pack.ref} back`,
              done: `${pack.ref} is rolled back to ${chosen.release}`,
            });
          }}
        />
      )}
    </section>
  );
}

interface RowProps {
  readonly pack: string;
  readonly release: Release;
  readonly onRollback: () => void;
}

function ReleaseRow({ pack, release, onRollback }: RowProps) {
  const [tone, icon] = STATES[release.state];
  const { origin, source } = release;
  return (
    <div class="release">
      <p class="release-head">
        <code class="release-id">{release.release}</code> <span class="release-version">{release.version}</span>{" "}
        <Badge tone={tone} icon={icon} text={release.state} /> <Time at={release.published_at} />
      </p>
      <p class="muted">
        {changesText(release)} · {plural(release.files, "file")}, {bytesText(release.bytes)} · by {origin}
        {source !== null && ` from ${source}`} · <a href={link.events({ pack, release: release.release })}>trace</a>
      </p>
      {mayChange.value && isKept(release) && !isLive(release) && (
        <Button onClick={onRollback}>
          Roll back to this<span class="sr"> release, {release.release}</span>
        </Button>
      )}
    </div>
  );
}

interface RollbackProps {
  readonly pack: PackDetail;
  readonly to: Release;
  readonly onClose: () => void;
  readonly onSure: () => void;
}

function Rollback({ pack, to, onClose, onSure }: RollbackProps) {
  const actions = (
    <>
      <Button onClick={onClose}>Leave it as it is</Button>
      <Button kind="danger" onClick={onSure}>
        Roll back
      </Button>
    </>
  );
  return (
    <Dialog title={`Roll ${pack.ref} back?`} onClose={onClose} actions={actions}>
      <p>
        The content of <code>{to.release}</code> (version {to.version}, published <Time at={to.published_at} />) becomes
        live again, as a new release
        {pack.release !== null && (
          <>
            , in the place of <code>{pack.release}</code> (version {pack.version})
          </>
        )}
        . Services that it concerns are told.
      </p>
      <p>It is pinned: it stays until its source has other content, or somebody takes the pin out.</p>
    </Dialog>
  );
}

/** Any two of them; at first the live one and the one before. */
function Compare({ path, releases }: { readonly path: string; readonly releases: readonly Release[] }) {
  const live = Math.max(0, releases.findIndex(isLive));
  const [from, setFrom] = useState(releases[live + 1]?.release ?? releases.at(-1)?.release ?? "");
  const [to, setTo] = useState(releases[live]?.release ?? "");
  return (
    <section class="compare" aria-labelledby="compare">
      <h2 id="compare">What is different</h2>
      <p class="controls">
        <Choice label="From" value={from} releases={releases} onChoice={setFrom} />
        <Choice label="To" value={to} releases={releases} onChoice={setTo} />
      </p>
      {from === to ? <p class="muted">That is the same release twice.</p> : <Diff path={path} from={from} to={to} />}
    </section>
  );
}

interface ChoiceProps {
  readonly label: string;
  readonly value: string;
  readonly releases: readonly Release[];
  readonly onChoice: (release: string) => void;
}

function Choice({ label, value, releases, onChoice }: ChoiceProps) {
  return (
    <label class="choice">
      {label}{" "}
      <select value={value} onChange={({ currentTarget }) => onChoice(currentTarget.value)}>
        {releases.map(({ release, version, state }) => (
          <option key={release} value={release}>
            {release} · {version} · {state}
          </option>
        ))}
      </select>
    </label>
  );
}
