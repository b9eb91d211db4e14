import { useEffect, useState } from "preact/hooks";
import { ask, type Failure, isFailure } from "../../api.ts";
import type { FileRow, Files } from "../../documents.ts";
import { bytesText, plural } from "../../text.ts";
import { Badge, type Tone } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Icon, type IconName } from "../../ui/icon.tsx";
import { type Column, Table } from "../../ui/table.tsx";
import { Empty, FailureView, Loaded } from "../../ui/views.tsx";
import { useLater } from "../../use-later.ts";
import { useLoad } from "../../use-load.ts";

const FATES: Readonly<Record<FileRow["fate"], readonly [Tone, IconName, string]>> = {
  published: ["good", "check", "packsync published it"],
  preserved: ["info", "shield", "A binary that stays, though the source has another"],
  foreign: ["quiet", "box", "Somebody else put it there; packsync leaves it alone"],
};

const COLUMNS: readonly Column<FileRow>[] = [
  {
    id: "path",
    title: "Path",
    cell: ({ path, kind, note }) => (
      <>
        <code class="path">{path}</code>
        {kind === "symlink" && <span class="muted"> (link)</span>}
        {note !== null && <span class="note muted"> {note}</span>}
      </>
    ),
  },
  {
    id: "fate",
    title: "Fate",
    cell: ({ fate }) => {
      const [tone, icon, title] = FATES[fate];
      return <Badge tone={tone} icon={icon} text={fate} title={title} />;
    },
  },
  { id: "size", title: "Size", cell: ({ size, kind }) => (kind === "directory" ? "" : bytesText(size)) },
  { id: "mode", title: "Mode", cell: ({ mode }) => <code>{mode}</code> },
];

const PAGE = 100;

/** What the live directory has, and whose each file is. */
export function FilesTab({ path, version }: { readonly path: string; readonly version: string }) {
  const [text, setText] = useState("");
  const query = useLater(text.trim());
  const at = `${path}/files?limit=${PAGE}${query === "" ? "" : `&q=${encodeURIComponent(query)}`}`;
  const [load, again] = useLoad<Files>(at, version);
  return (
    <section aria-label="Files">
      <p class="controls">
        <label class="search">
          <Icon name="search" />
          <span class="sr">Search files</span>
          <input
            type="search"
            placeholder="Search files"
            value={text}
            onInput={({ currentTarget }) => setText(currentTarget.value)}
          />
        </label>
      </p>
      <Loaded load={load} what="the files" again={again}>
        {(files) => <Found key={`${at} ${version}`} at={at} first={files} isSearch={query !== ""} />}
      </Loaded>
    </section>
  );
}

function Found({ at, first, isSearch }: { readonly at: string; readonly first: Files; readonly isSearch: boolean }) {
  const [more, setMore] = useState<readonly FileRow[]>([]);
  const [failure, setFailure] = useState<Failure | undefined>(undefined);
  useEffect(() => setMore([]), [first]);
  const rows = [...first.files, ...more];
  const next = async (): Promise<void> => {
    const answer = await ask<Files>(`${at}&after=${encodeURIComponent(rows.at(-1)?.path ?? "")}`);
    if (isFailure(answer)) setFailure(answer.failure);
    else setMore((before) => [...before, ...answer.data.files]);
  };
  if (rows.length === 0)
    return (
      <Empty title={isSearch ? "No such file" : "No files"} icon={isSearch ? "search" : "box"}>
        <p>{isSearch ? "No path has these letters in it." : "Nothing of this pack is live."}</p>
      </Empty>
    );
  return (
    <>
      <p class="muted" role="status">
        {rows.length < first.total ? `${rows.length} of ${plural(first.total, "file")}` : plural(first.total, "file")}
      </p>
      <Table label="Files" columns={COLUMNS} rows={rows} keyOf={({ path }) => path} />
      {failure !== undefined && <FailureView failure={failure} />}
      {rows.length < first.total && <Button onClick={() => void next()}>Show more</Button>}
    </>
  );
}
