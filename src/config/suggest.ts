import { nearest } from "../pack/spelling.ts";
import { SETTINGS } from "./settings.ts";

/** What to do about the key `key` of the mapping at `parent`, which does not have it: a near one, or all there are. */
export function suggest(parent: readonly string[], key: string): string {
  if (parent.length === 0 && SETTINGS.some((setting) => setting.runOnly === true && setting.key === key)) {
    return `\`${key}\` is for a single run: give it as a flag or in the environment.`;
  }
  const known = knownKeys(parent);
  const limit = Math.min(2, Math.floor(key.length / 2));
  const spelling = nearest(
    key,
    known.map(({ spelling }) => spelling),
    limit,
  );
  const near = known.find((each) => each.spelling === spelling);
  if (near !== undefined) return `Did you mean \`${near.answer}\`?`;
  return `Known here: ${[...new Set(known.map(({ answer }) => answer))].join(", ")}.`;
}

/** A key as somebody might write it, and what they should have written. */
interface Known {
  readonly spelling: string;
  readonly answer: string;
}

function knownKeys(parent: readonly string[]): readonly Known[] {
  if (parent[0] === "sources") return ["path", "kind", "mode", "dialect"].map(itself);
  if (parent[0] === "preserve") return ["default", "files"].map(itself);
  if (parent[0] === "routes") return (parent.length > 1 ? WHEN : ["when", "do"]).map(itself);
  if (parent[0] === "services") return (parent[2] === "http" ? HTTP : parent[2] === "ready" ? READY : HOW).map(itself);
  if (parent[0] === "install" && parent[1] === "registries") return REGISTRY.map(itself);
  const settings = SETTINGS.filter(({ runOnly }) => runOnly === undefined);
  if (parent.length > 0) {
    const prefix = `${parent.join(".")}.`;
    return settings.filter(({ key }) => key.startsWith(prefix)).map(({ key }) => itself(key.slice(prefix.length)));
  }
  return [
    itself("sources"),
    ...settings.map(({ key }) => itself(key)),
    ...settings.filter(({ key }) => key.includes(".")).map(({ key }) => itself(key.replace(/\..*/, ""))),
    // People also try a flag's name (`logLevel`, `packs`) or forget the section (`maxFiles`).
    ...settings.map(({ key, option = key }) => ({ spelling: option, answer: key })),
    ...settings.map(({ key }) => ({ spelling: key.replace(/.*\./, ""), answer: key })),
    ...["packs", "packsDev"].map((spelling) => ({ spelling, answer: "sources" })),
  ];
}

const WHEN = ["meaning", "component", "runner", "pack", "path", "source"];
const HOW = ["how", "exec", "http", "timeout", "after", "ready", "onUnhealthy"];
const READY = ["http", "runs", "timeout"];
const REGISTRY = ["url", "priority", "allowHttp", "headers"];
const HTTP = ["url", "method", "headers", "body", "secretFile", "expect"];

function itself(key: string): Known {
  return { spelling: key, answer: key };
}
