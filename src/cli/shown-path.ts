import { relative } from "node:path";

/** A path as whoever runs this would write it: relative where it is below the working directory. */
export function shownPath(path: string, cwd: string): string {
  const way = relative(cwd, path);
  if (way === "") return ".";
  return way === ".." || way.startsWith("../") ? path : way;
}
