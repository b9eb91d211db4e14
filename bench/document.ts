import { readFileSync, writeFileSync } from "node:fs";

const START = "<!-- bench:start -->";
const END = "<!-- bench:end -->";

/** Replaces what stands between the two markers of a Markdown file; throws if they are not there. */
export function writeBetweenMarkers(file: string, content: string): void {
  const text = readFileSync(file, "utf8");
  const [start, end] = [text.indexOf(START), text.indexOf(END)];
  if (start < 0 || end < start) throw new Error(`Expected \`${START}\` and then \`${END}\` in ${file}`);
  writeFileSync(file, `${text.slice(0, start + START.length)}\n\n${content}\n\n${text.slice(end)}`);
}
