import type { Overview } from "../documents.ts";
import { Glance } from "../overview/glance.tsx";
import { Packs } from "../overview/packs.tsx";
import { Pipeline } from "../overview/pipeline.tsx";
import { Services } from "../overview/services.tsx";
import { Sources } from "../overview/sources.tsx";
import { daemon, overview, refresh } from "../store.ts";
import { Empty, Loaded } from "../ui/views.tsx";

export function OverviewPage() {
  return (
    <Loaded load={overview.value} what="the overview" again={refresh}>
      {(value) => <Inside overview={value} />}
    </Loaded>
  );
}

function Inside({ overview: { packs, volume, database, daemon: asked } }: { readonly overview: Overview }) {
  const status = daemon.value ?? asked;
  return (
    <>
      <Glance packs={packs} status={status} volume={volume} database={database} />
      <Pipeline stages={status.pipeline} />
      <div class="columns">
        {packs.length === 0 ? <FirstRun sources={status.sources} /> : <Packs packs={packs} />}
        <aside class="side" aria-label="Sources and services">
          <Sources sources={status.sources} />
          <Services services={status.services} />
        </aside>
      </div>
    </>
  );
}

function FirstRun({ sources }: Pick<Overview["daemon"], "sources">) {
  return (
    <Empty title="No packs yet">
      <p>
        A pack is a directory with a <code>pack.yaml</code>. Put one into a source, and it is live a moment later:
      </p>
      <ul class="plain-list">
        {sources.map(({ name, path }) => (
          <li key={name}>
            <code>{path}</code>
          </li>
        ))}
      </ul>
      <p>
        <code>packsync new</code> writes one to begin with, or <a href="#/install">install one</a>.
      </p>
    </Empty>
  );
}
