/** Lines inside quotes and brackets that may be indented less than YAML 1.2 wants, and the columns that they get. */
export const MAX_REINDENTED = 64;
const REINDENTATION = 1000;

/** The text with the line at `offset` indented more, which means the same inside quotes and brackets. */
export function reindentedAt(text: string, offset: number): string {
  const lineStart = text.lastIndexOf("\n", offset - 1) + 1;
  return `${text.slice(0, lineStart)}${" ".repeat(REINDENTATION)}${text.slice(lineStart)}`;
}
