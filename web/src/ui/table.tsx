import type { ComponentChildren, JSX } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

export interface Column<T> {
  readonly id: string;
  readonly title: string;
  readonly cell: (row: T) => ComponentChildren;
}

interface TableProps<T> {
  readonly label: string;
  readonly columns: readonly Column<T>[];
  readonly rows: readonly T[];
  readonly keyOf: (row: T) => string;
}

/** A small table; on a narrow screen each row is a card. */
export function Table<T>({ label, columns, rows, keyOf }: TableProps<T>) {
  return (
    <table class="table" aria-label={label}>
      <Head titles={columns} />
      <tbody>
        {rows.map((row) => (
          <tr key={keyOf(row)}>
            {columns.map(({ id, title, cell }) => (
              <td key={id} class={`cell-${id}`} data-title={title}>
                {cell(row)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Head({ titles }: { readonly titles: readonly { readonly id: string; readonly title: string }[] }) {
  return (
    <thead>
      <tr>
        {titles.map(({ id, title }) => (
          <th key={id} scope="col" class={`cell-${id}`}>
            {title}
          </th>
        ))}
      </tr>
    </thead>
  );
}

interface LongTableProps<T> extends Pick<TableProps<T>, "label" | "rows"> {
  readonly columns: readonly { readonly id: string; readonly title: string }[];
  /** A component that is a `<tr>`, with a key; it is drawn anew only if what it is given is another value. */
  readonly row: (row: T, index: number) => JSX.Element;
}

/** As many are simply there: one can search them with the browser, and hear them all. */
const ALL_AT_ONCE = 200;
/** Rows above and below the window. */
const OVERSCAN = 12;

/** A table of any length: of more than 200 rows only those in the window, and some around it, are drawn. All rows are equally high. */
export function LongTable<T>({ label, columns, rows, row }: LongTableProps<T>) {
  const start = useRef<HTMLTableSectionElement>(null);
  const body = useRef<HTMLTableSectionElement>(null);
  const { first, end, height } = useWindow({ start, body }, rows.length);
  return (
    <table class="table" aria-label={label} aria-rowcount={rows.length + 1}>
      <Head titles={columns} />
      <tbody ref={start} class="spacer" aria-hidden="true">
        <Spacer height={first * height} />
      </tbody>
      <tbody ref={body}>{rows.slice(first, end).map((each, index) => row(each, first + index))}</tbody>
      <tbody class="spacer" aria-hidden="true">
        <Spacer height={(rows.length - end) * height} />
      </tbody>
    </table>
  );
}

function Spacer({ height }: { readonly height: number }) {
  return (
    <tr>
      <td style={{ height: `${height}px` }} />
    </tr>
  );
}

interface Sections {
  /** Above it nothing scrolls away. */
  readonly start: { readonly current: HTMLElement | null };
  readonly body: { readonly current: HTMLElement | null };
}

interface Shown {
  readonly first: number;
  readonly end: number;
  readonly height: number;
}

function useWindow({ start, body }: Sections, count: number): Shown {
  const [shown, setShown] = useState<Shown>({ first: 0, end: Math.min(count, ALL_AT_ONCE), height: 0 });
  const look = (): void => {
    const next = visibleRows(start.current, body.current, count);
    setShown((before) =>
      before.first === next.first && before.end === next.end && before.height === next.height ? before : next,
    );
  };
  useLayoutEffect(look, [count]);
  useEffect(() => {
    if (count <= ALL_AT_ONCE) return;
    const stop = new AbortController();
    addEventListener("scroll", look, { passive: true, signal: stop.signal });
    addEventListener("resize", look, { signal: stop.signal });
    return () => stop.abort();
  }, [count]);
  return count <= ALL_AT_ONCE ? { first: 0, end: count, height: 0 } : { ...shown, end: Math.min(shown.end, count) };
}

function visibleRows(start: HTMLElement | null, body: HTMLElement | null, count: number): Shown {
  const height = body?.firstElementChild?.getBoundingClientRect().height ?? 0;
  if (start === null || height === 0) return { first: 0, end: Math.min(count, ALL_AT_ONCE), height: 0 };
  const above = -start.getBoundingClientRect().top;
  const first = clamp(Math.floor(above / height) - OVERSCAN, 0, Math.max(0, count - 1));
  // Even, so that stripes and what is drawn change seldom.
  const even = first - (first % 2);
  const end = clamp(Math.ceil((above + innerHeight) / height) + OVERSCAN, even + 1, count);
  return { first: even, end, height };
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most);
}
