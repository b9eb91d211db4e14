import type { Diagnostic } from "./diagnostics.ts";
import { componentDirectories } from "./layout.ts";
import { nearest } from "./spelling.ts";

/** Definitions in a directory whose name is only nearly one that platforms look into: nobody would ever miss them. */
export function checkDirectories(files: Iterable<string>): Diagnostic[] {
  const first = new Map<string, string>();
  for (const file of files) {
    const directory = /^([^/]+)\/[^/]+\.ya?ml$/.exec(file)?.[1];
    if (directory !== undefined && !first.has(directory)) first.set(directory, file);
  }
  return [...first].flatMap(([directory, file]) => {
    const meant = KNOWN.has(directory) ? undefined : meantBy(directory);
    return meant === undefined ? [] : [misplaced(file, directory, meant)];
  });
}

const KNOWN: ReadonlySet<string> = new Set(componentDirectories);

/** By another case, in the singular, or with a slip: short words are too near to others (`roles`, `rules`). */
function meantBy(directory: string): string | undefined {
  const forms = [directory, `${directory}s`, directory.replace(/y$/, "ies")];
  return forms
    .map((form) => nearest(form, componentDirectories, form.length < 6 ? 0 : 1))
    .find((found) => found !== undefined);
}

function misplaced(file: string, directory: string, meant: string): Diagnostic {
  return {
    severity: "warning",
    code: "component.directory",
    message: `Expected definitions in \`${meant}/\`, got \`${directory}/\`, into which no platform looks`,
    file,
    hint: `If this is one: mv ${directory} ${meant}`,
  };
}
