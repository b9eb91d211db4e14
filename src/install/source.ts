import { PacksyncError } from "../errors.ts";
import { shownUrl } from "./shown-url.ts";

/** Where a pack comes from, as somebody named it. */
export type PackSource =
  | { readonly kind: "registry"; readonly name: string; readonly version: string | undefined }
  | { readonly kind: "git"; readonly url: string; readonly ref: string | undefined }
  | { readonly kind: "archive"; readonly url: string }
  | { readonly kind: "path"; readonly path: string };

const HOSTS = { github: "github.com", gitlab: "gitlab.com" } as const;
/** An organization, groups of GitLab's, a repository. */
const REPOSITORY = /^[A-Za-z0-9_][\w.-]*(?:\/[A-Za-z0-9_][\w.-]*)+$/;
/** `git@host:org/repo.git`: an option cannot begin so. */
const SCP = /^([A-Za-z0-9_][\w.-]*@[A-Za-z0-9][A-Za-z0-9.-]*):(?!\/\/)(~?[\w./-]+)$/;
/** What nobody can take for an option, a range or several refs. */
const GIT_REF = /^[\p{L}\p{N}_][\p{L}\p{N}_./+@-]*$/u;
const REGISTRY_NAME = /^([a-z0-9][a-z0-9_-]*)(?:@(.+))?$/;

/**
 * Which of the ways to name a pack this is. The order is the platform's, which also has `github:` in its documents.
 *
 * @param ref of git sources that name none themselves; it makes any http URL one of git
 * @throws PacksyncError `DOWNLOAD_FAILED` for what is none, with no credentials in its message
 */
export function parseSource(text: string, ref?: string): PackSource {
  const hosted = /^(github|gitlab):(.*)$/.exec(text);
  if (hosted !== null) return hostedSource(text, hosted[1] as keyof typeof HOSTS, hosted[2] ?? "", ref);
  const scp = SCP.exec(text);
  if (scp !== null) return git(`ssh://${scp[1]}/${scp[2]}`, ref);
  if (/^[a-z][a-z0-9+.-]*:/i.test(text)) return urlSource(text, ref);
  if (/^[./~]/.test(text) || text.includes("/")) return { kind: "path", path: text };
  const [, name, version] = REGISTRY_NAME.exec(text) ?? [];
  if (name === undefined) throw unknownSource(text);
  return { kind: "registry", name, version };
}

function hostedSource(text: string, host: keyof typeof HOSTS, rest: string, ref: string | undefined): PackSource {
  const [repository = "", own] = splitAt(rest, "@");
  if (!REPOSITORY.test(repository)) throw unknownSource(text);
  return git(`https://${HOSTS[host]}/${repository.replace(/\.git$/, "")}.git`, own ?? ref);
}

function urlSource(text: string, ref: string | undefined): PackSource {
  const isGit = text.startsWith("git+");
  const url = URL.parse(isGit ? text.slice("git+".length) : text);
  if (url === null) throw unknownSource(text);
  const own = takeRef(url);
  switch (url.protocol) {
    case "http:":
    case "https:":
      return isGit || own !== undefined || isRepository(url, ref)
        ? git(url.href, own ?? ref)
        : { kind: "archive", url: url.href };
    case "ssh:":
    case "git:":
    case "file:":
      return git(url.href, own ?? ref);
    default:
      throw unknownSource(text);
  }
}

/** As the platform decides it, but what is plainly an archive stays one beside a git source with a ref. */
function isRepository({ pathname }: URL, ref: string | undefined): boolean {
  return pathname.endsWith(".git") || (ref !== undefined && !/\.(tar\.gz|tgz|tar|zip)$/.test(pathname));
}

/** `….git@v1.0.0` and `…#v1.0.0`; what is in an URL before its path is no ref. */
function takeRef(url: URL): string | undefined {
  const [path, behind] = splitAt(url.pathname, ".git@");
  const ref = behind ?? (url.hash === "" ? undefined : url.hash.slice(1));
  if (behind !== undefined) url.pathname = `${path}.git`;
  url.hash = "";
  return ref === undefined ? undefined : decodeURIComponent(ref);
}

function git(url: string, ref: string | undefined): PackSource {
  if (ref !== undefined && (!GIT_REF.test(ref) || ref.includes("..") || ref.length > 200))
    throw new PacksyncError("DOWNLOAD_FAILED", `Expected a branch, a tag or a commit, got \`${ref.slice(0, 100)}\``);
  const { hostname, protocol } = new URL(url);
  if (protocol !== "file:" && !/^(\[[0-9a-f:.]+\]|[a-z0-9][a-z0-9._-]*)$/i.test(hostname)) throw unknownSource(url);
  return { kind: "git", url, ref };
}

function splitAt(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + separator.length)];
}

function unknownSource(text: string): PacksyncError {
  return new PacksyncError("DOWNLOAD_FAILED", `Expected the source of a pack, got \`${shownUrl(text)}\``, {
    hint: "A name of a registry (`core`, `aws@1.2.0`), `github:org/repo@ref`, a URL of git or of an archive, or a path that begins with `./` or `/`.",
  });
}
