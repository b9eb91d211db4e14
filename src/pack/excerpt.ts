/** Text from a file as a message can show it: on one line, not too long, without anything that a terminal would obey. */
export function excerpt(text: string): string {
  const line = text
    .slice(0, 500)
    .replace(/[\s\p{C}]+/gu, " ")
    .trim();
  return line.length > 60 ? `${line.slice(0, 59).toWellFormed()}…` : line;
}
