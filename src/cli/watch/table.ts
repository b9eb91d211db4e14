import { clip, type Line, type Span, widthOf } from "./line.ts";

/** A column of a table. */
export interface Column {
  readonly title: string;
  /** Columns of a higher number go first where there is no room; 0: never. */
  readonly dispensable: number;
  /** It may be cut off down to this width. */
  readonly least?: number;
}

export interface Table {
  readonly columns: readonly Column[];
  /** Each row has as many cells as there are columns. */
  readonly rows: readonly (readonly Span[])[];
}

const GAP = 2;

/** Lines of a table, its head first: where there is no room, columns are cut off, then left out. */
export function tableLines(table: Table, width: number, ellipsis: string): readonly Line[] {
  const { columns, rows } = fitting(withHead(table), width);
  const widths = shrunk(columns, widthsOf(rows), width);
  return rows.map((row) => placed(row, widths, width, ellipsis));
}

function withHead({ columns, rows }: Table): Table {
  const head = columns.map(({ title }): Span => ({ text: title, format: "dim" }));
  return { columns, rows: [head, ...rows] };
}

function fitting(table: Table, width: number): Table {
  const { columns, rows } = table;
  const least = widthsOf(rows).map((each, index) => Math.min(each, columns[index]?.least ?? each));
  const most = Math.max(...columns.map(({ dispensable }) => dispensable));
  if (totalOf(least) <= width || most <= 0) return table;
  const isKept = (_: unknown, index: number): boolean => columns[index]?.dispensable !== most;
  return fitting({ columns: columns.filter(isKept), rows: rows.map((row) => row.filter(isKept)) }, width);
}

function widthsOf(rows: Table["rows"]): readonly number[] {
  return (rows[0] ?? []).map((_, column) =>
    rows.reduce((width, row) => Math.max(width, widthOf(row[column]?.text ?? "")), 0),
  );
}

/** The last ones give first. */
function shrunk(columns: readonly Column[], widths: readonly number[], width: number): readonly number[] {
  let over = totalOf(widths) - width;
  return widths
    .toReversed()
    .map((each, index) => {
      const least = columns.at(-1 - index)?.least ?? each;
      const given = Math.max(0, Math.min(over, each - least));
      over -= given;
      return each - given;
    })
    .toReversed();
}

function placed(row: readonly Span[], widths: readonly number[], width: number, ellipsis: string): Line {
  return row.flatMap((cell, column) => {
    const at = widths.slice(0, column).reduce((sum, each) => sum + each + GAP, 0);
    const text = clip(cell.text, Math.min(widths[column] ?? 0, width - at), ellipsis);
    return text === "" ? [] : [{ ...cell, text, at }];
  });
}

function totalOf(widths: readonly number[]): number {
  return widths.reduce((sum, each) => sum + each, 0) + GAP * (widths.length - 1);
}
