import type { PackDetail } from "../../documents.ts";
import { Badge, type Tone } from "../../ui/badge.tsx";
import type { IconName } from "../../ui/icon.tsx";
import { type Column, Table } from "../../ui/table.tsx";
import { Time } from "../../ui/time.tsx";
import { Empty } from "../../ui/views.tsx";

type Standing = PackDetail["catalogs"][number];

const COLUMNS: readonly Column<Standing>[] = [
  { id: "catalog", title: "Catalog", cell: ({ catalog }) => catalog },
  {
    id: "state",
    title: "State",
    cell: ({ state }) => {
      const [tone, icon] = lookOf(state);
      return <Badge tone={tone} icon={icon} text={state} />;
    },
  },
  { id: "since", title: "Since", cell: ({ since }) => <Time at={since} /> },
  { id: "why", title: "Why", cell: ({ why }) => why ?? "" },
];

function lookOf(state: string): readonly [Tone, IconName] {
  if (state === "registered") return ["good", "check"];
  return state === "failed" || state === "rejected" ? ["bad", "cross"] : ["warn", "clock"];
}

/** Where the pack's definitions are registered. */
export function Catalogs({ catalogs }: { readonly catalogs: readonly Standing[] }) {
  if (catalogs.length === 0)
    return (
      <Empty title="In no catalog" icon="layers">
        <p>Nothing is to be registered of this pack, or nobody knows yet.</p>
      </Empty>
    );
  return <Table label="Catalogs" columns={COLUMNS} rows={catalogs} keyOf={({ catalog }) => catalog} />;
}
