import type { PacksyncError } from "../errors.ts";
import { printableName } from "../platform/names.ts";
import { downloadFailed } from "./failure.ts";
import { shownUrl } from "./shown-url.ts";
import { type PackSource, parseSource } from "./source.ts";

type GitSource = Extract<PackSource, { kind: "git" }>;

/** A commit of another repository in a tree. */
export interface Gitlink {
  readonly path: string;
  readonly commit: string;
}

export interface Submodule {
  readonly path: string;
  readonly source: GitSource;
}

export function submodulesRefused([first]: readonly Gitlink[]): PacksyncError {
  const path = printableName(first?.path ?? "");
  return downloadFailed(`Expected a repository without submodules, got \`${path}\``, {
    hint: "Fetch them by `--submodules fetch`, or by `install: {submodules: fetch}` in packsync.yaml.",
  });
}

/**
 * Where submodules come from. Each is fetched as any repository: only by protocols that are known, and by none that is less
 * safe than the repository's own. Nothing remote may name a file of this machine.
 *
 * @param listed what `git config -z --get-regexp` says of `.gitmodules`
 * @param parent the URL of the repository, whose credentials go along to its own origin
 * @throws PacksyncError for what cannot be fetched
 */
export function submodulesOf(links: readonly Gitlink[], listed: string, parent: string): Submodule[] {
  const urls = urlsByPath(listed);
  return links.map(({ path, commit }) => {
    const url = urls.get(path);
    if (url === undefined)
      throw downloadFailed(`Expected \`.gitmodules\` to say where \`${printableName(path)}\` is, got nothing`);
    return { path, source: { kind: "git", url: placeOf(url, parent), ref: commit } };
  });
}

function urlsByPath(listed: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const line of listed.split("\0")) {
    const end = line.indexOf("\n");
    if (end > 0) fields.set(line.slice(0, end), line.slice(end + 1));
  }
  return new Map(
    [...fields].flatMap(([key, path]) => {
      const url = key.endsWith(".path") ? fields.get(key.replace(/\.path$/, ".url")) : undefined;
      return url === undefined ? [] : [[path.replace(/\/+$/, ""), url] as const];
    }),
  );
}

function placeOf(text: string, parent: string): string {
  const own = new URL(parent);
  const full = /^\.\.?\//.test(text) ? new URL(text, `${own.href.replace(/\/+$/, "")}/`).href : text;
  // What stands behind `#` or `@` is no ref here: the tree says which commit it is.
  const source = parseSource(/^https?:/i.test(full) ? `git+${full}` : full);
  if (source.kind !== "git") throw refused(text, own);
  const url = new URL(source.url);
  if (!isAsSafe(url.protocol, own.protocol)) throw refused(text, own);
  if (url.origin === own.origin && url.origin !== "null" && url.username === "") {
    url.username = own.username;
    url.password = own.password;
  }
  return url.href;
}

/** Whether whoever can change what comes by the one protocol could have changed what came by the other. */
function isAsSafe(protocol: string, parent: string): boolean {
  if (protocol === "file:") return parent === "file:";
  const isOpen = (each: string): boolean => each === "http:" || each === "git:";
  return !isOpen(protocol) || isOpen(parent) || parent === "file:";
}

function refused(text: string, { protocol }: URL): PacksyncError {
  const expected = `Expected a submodule of a repository that came by ${protocol.slice(0, -1)} to come as safely`;
  return downloadFailed(`${expected}, got \`${shownUrl(text)}\``);
}
