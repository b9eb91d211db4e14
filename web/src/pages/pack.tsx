import { useCallback } from "preact/hooks";
import type { PackDetail } from "../documents.ts";
import { link } from "../route.ts";
import { overview } from "../store.ts";
import { plural } from "../text.ts";
import { Badge, PACK_STANDINGS, StateBadge } from "../ui/badge.tsx";
import { Code } from "../ui/code.tsx";
import { type Tab, Tabs } from "../ui/tabs.tsx";
import { Time } from "../ui/time.tsx";
import { Empty, Loaded } from "../ui/views.tsx";
import { useLoad, useNews } from "../use-load.ts";
import { Actions } from "./pack/actions.tsx";
import { Catalogs } from "./pack/catalogs.tsx";
import { Components } from "./pack/components.tsx";
import { FilesTab } from "./pack/files.tsx";
import { Findings } from "./pack/findings.tsx";
import { Releases } from "./pack/releases.tsx";
import "./shared.css";
import "./pack.css";

interface PackPageProps {
  readonly packRef: string;
  readonly tab: string;
}

/** Everything about one pack. */
export function PackPage({ packRef, tab }: PackPageProps) {
  const news = useNews(
    ({ pack, data }) => pack === packRef || (Array.isArray(data?.["packs"]) && namesIt(data["packs"], packRef)),
  );
  const path = `api/v1/packs/${encodeURIComponent(packRef)}`;
  const [load, again] = useLoad<PackDetail>(`${path}/detail`, `${news} ${rowOf(packRef)}`);
  const isUnknown = load.state === "failed" && load.failure.status === 404;
  return (
    <>
      <nav class="crumbs" aria-label="Where this is">
        <a href={link.overview}>Packs</a> <span aria-hidden="true">/</span> <span>{packRef}</span>
      </nav>
      {isUnknown ? (
        <Empty title={`No pack is called ${packRef}`} icon="question">
          <p>
            Neither a source nor the volume has it. <a href={link.overview}>All packs</a>
          </p>
        </Empty>
      ) : (
        <Loaded load={load} what={packRef} again={again}>
          {(pack) => <Pack pack={pack} path={path} tab={tab} news={news} again={again} />}
        </Loaded>
      )}
    </>
  );
}

function namesIt(packs: readonly unknown[], ref: string): boolean {
  return packs.some(
    (pack) => pack === ref || (typeof pack === "object" && pack !== null && "pack" in pack && pack.pack === ref),
  );
}

/** Another text as soon as the overview knows something else about it. */
function rowOf(ref: string): string {
  const { value } = overview;
  return value.state === "ready" ? JSON.stringify(value.value.packs.filter((row) => row.ref === ref)) : "";
}

interface Shown {
  readonly pack: PackDetail;
  readonly path: string;
  readonly tab: string;
  readonly news: number;
  readonly again: () => void;
}

function Pack({ pack, path, tab, news, again }: Shown) {
  const tabs = tabsOf(pack);
  const current = tabs.some(({ id }) => id === tab) ? tab : "";
  const version = `${news} ${pack.release} ${pack.state}`;
  return (
    <article class="pack-page">
      <Head pack={pack} />
      <Actions pack={pack} path={path} onDone={useCallback(again, [again])} />
      <Facts pack={pack} />
      <Tabs label={`About ${pack.ref}`} tabs={tabs} current={current} />
      {current === "" && <Findings findings={pack.findings} state={pack.state} />}
      {current === "files" && <FilesTab path={path} version={version} />}
      {current === "releases" && <Releases pack={pack} path={path} version={version} onDone={again} />}
      {current === "components" && <Components path={path} version={version} />}
      {current === "catalogs" && <Catalogs catalogs={pack.catalogs} />}
    </article>
  );
}

function tabsOf({ ref, findings, catalogs }: PackDetail): readonly Tab[] {
  const tab = (id: string, title: string, count?: number): Tab => {
    const counted =
      count === undefined ? (
        title
      ) : (
        <>
          {title} <span class="count">{count}</span>
        </>
      );
    return { id, title: counted, href: link.pack(ref, id) };
  };
  return [
    tab("", "Findings", findings.length),
    tab("files", "Files"),
    tab("releases", "Releases"),
    tab("components", "Components"),
    tab("catalogs", "Catalogs", catalogs.length),
  ];
}

function Head({ pack }: { readonly pack: PackDetail }) {
  const { ref, version, label, description, state, since, todo } = pack;
  return (
    <header class="pack-head">
      <h1>
        {ref} {version !== null && <span class="muted version">{version}</span>}
      </h1>
      <p class="pack-state">
        <span role="status">
          <StateBadge state={state} />
        </span>{" "}
        {PACK_STANDINGS[state].means}{" "}
        {since !== null && (
          <span class="muted">
            Since <Time at={since} />.
          </span>
        )}
      </p>
      {(label !== null || description !== null) && (
        <p class="muted">{[label, description].filter((each) => each !== null && each !== ref).join(" · ")}</p>
      )}
      {todo !== null && (
        <p class="todo">
          What ends it: <Code text={todo} />
        </p>
      )}
    </header>
  );
}

function Facts({ pack }: { readonly pack: PackDetail }) {
  const { source, directory, source_path, dialect, release, published_at, origin, shadowed_by, is_registered } = pack;
  const facts: readonly (readonly [string, preact.ComponentChildren])[] = [
    [
      "Live release",
      release === null ? undefined : (
        <>
          <code>{release}</code>{" "}
          <span class="muted">
            <Time at={published_at} />
          </span>
        </>
      ),
    ],
    [
      "Source",
      source === null ? undefined : (
        <span title={source_path ?? ""}>{[source, directory].filter(Boolean).join(" / ")}</span>
      ),
    ],
    ["Shadowed by", shadowed_by ?? undefined],
    ["Dialect", dialect ?? undefined],
    ["Came by", origin ?? undefined],
    ["Registered", registered(is_registered, pack.catalogs.length)],
  ];
  return (
    <dl class="facts">
      {facts.map(
        ([name, value]) =>
          value !== undefined && (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ),
      )}
      <div>
        <dt>What happened</dt>
        <dd>
          <a href={link.events({ pack: pack.ref })}>its events</a>
        </dd>
      </div>
    </dl>
  );
}

function registered(isRegistered: boolean | null, catalogs: number) {
  if (isRegistered === null) return undefined;
  return isRegistered ? (
    <Badge tone="good" icon="check" text={`in ${plural(catalogs, "catalog")}`} />
  ) : (
    <Badge tone="warn" icon="warning" text="not everywhere" />
  );
}
