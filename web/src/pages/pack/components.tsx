import type { ComponentRow } from "../../documents.ts";
import { type Column, Table } from "../../ui/table.tsx";
import { Empty, Loaded } from "../../ui/views.tsx";
import { useLoad } from "../../use-load.ts";
import { type Parameter, parametersOf } from "./schema.ts";

/** What the pack brings, and what each takes and gives. */
export function Components({ path, version }: { readonly path: string; readonly version: string }) {
  const [load, again] = useLoad<readonly ComponentRow[]>(`${path}/components`, version);
  return (
    <Loaded load={load} what="the components" again={again}>
      {(components) => (components.length === 0 ? <Nothing /> : <Groups components={components} />)}
    </Loaded>
  );
}

function Nothing() {
  return (
    <Empty title="No components">
      <p>Nothing that is live of this pack defines one.</p>
    </Empty>
  );
}

function Groups({ components }: { readonly components: readonly ComponentRow[] }) {
  const kinds = [...new Set(components.map(({ kind }) => kind))];
  return (
    <>
      {kinds.map((kind) => (
        <section key={kind} class="components" aria-labelledby={`kind-${kind}`}>
          <h2 id={`kind-${kind}`}>{kind}</h2>
          {components
            .filter((each) => each.kind === kind)
            .map((component) => (
              <Component key={component.ref} component={component} />
            ))}
        </section>
      ))}
    </>
  );
}

function Component({ component }: { readonly component: ComponentRow }) {
  const { ref, label, description, file, runner, entry_point, parameters, output } = component;
  const [takes, gives] = [parametersOf(parameters), parametersOf(output)];
  return (
    <details class="component">
      <summary>
        <code>{ref}</code> {label !== null && label !== ref && <span class="muted">{label}</span>}
        <span class="muted component-count">{takes.length > 0 && `${takes.length} in`}</span>
      </summary>
      {description !== null && <p>{description}</p>}
      <p class="muted">
        {[runner && `runs by ${runner}`, entry_point && `starts ${entry_point}`, file].filter(Boolean).join(" · ")}
      </p>
      <Schema title="Takes" of={ref} rows={takes} />
      <Schema title="Gives" of={ref} rows={gives} />
    </details>
  );
}

const COLUMNS: readonly Column<Parameter>[] = [
  {
    id: "name",
    title: "Name",
    cell: ({ name, isRequired, isSecret }) => (
      <>
        <code>{name}</code>
        {isRequired && <span class="word"> required</span>}
        {isSecret && <span class="word"> secret</span>}
      </>
    ),
  },
  {
    id: "type",
    title: "Type",
    cell: ({ type, choices }) => (
      <>
        {type}
        {choices.length > 0 && <span class="muted">: {choices.join(", ")}</span>}
      </>
    ),
  },
  {
    id: "default",
    title: "Default",
    cell: ({ defaultsTo }) => (defaultsTo === undefined ? "" : <code>{defaultsTo}</code>),
  },
  { id: "description", title: "Description", cell: ({ description }) => description ?? "" },
];

function Schema({
  title,
  of,
  rows,
}: {
  readonly title: string;
  readonly of: string;
  readonly rows: readonly Parameter[];
}) {
  if (rows.length === 0) return null;
  return (
    <>
      <h3>{title}</h3>
      <Table label={`What ${of} ${title.toLowerCase()}`} columns={COLUMNS} rows={rows} keyOf={({ name }) => name} />
    </>
  );
}
