import { SETTINGS } from "./settings.ts";

/** What to do about the key `key` of the mapping at `parent`, which does not have it: a near one, or all there are. */
export function suggest(parent: readonly string[], key: string): string {
  if (parent.length === 0 && SETTINGS.some((setting) => setting.runOnly === true && setting.key === key)) {
    return `\`${key}\` is for a single run: give it as a flag or in the environment.`;
  }
  const known = knownKeys(parent);
  const near = known
    .map(({ spelling, answer }) => ({ answer, distance: distance(plain(spelling), plain(key)) }))
    .filter(({ distance }) => distance <= Math.min(2, Math.floor(key.length / 2)))
    .sort((a, b) => a.distance - b.distance)
    .at(0);
  if (near !== undefined) return `Did you mean \`${near.answer}\`?`;
  return `Known here: ${[...new Set(known.map(({ answer }) => answer))].join(", ")}.`;
}

/** A key as somebody might write it, and what they should have written. */
interface Known {
  readonly spelling: string;
  readonly answer: string;
}

function knownKeys(parent: readonly string[]): readonly Known[] {
  if (parent[0] === "sources") return ["path", "kind"].map(itself);
  if (parent[0] === "preserve") return ["default", "files"].map(itself);
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

function itself(key: string): Known {
  return { spelling: key, answer: key };
}

/** `lock_timeout`, `lock-timeout` and `lockTimeout` are the same to a person. */
function plain(key: string): string {
  return key.replace(/[-_.]/g, "").toLowerCase();
}

/** Levenshtein's distance: how many letters to add, drop or change. */
function distance(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (const [rowIndex, letter] of [...a].entries()) {
    const row = [rowIndex + 1];
    for (const [column, other] of [...b].entries()) {
      const changed = (above[column] ?? 0) + (letter === other ? 0 : 1);
      row.push(Math.min(changed, (above[column + 1] ?? 0) + 1, (row[column] ?? 0) + 1));
    }
    above = row;
  }
  return above.at(-1) ?? 0;
}
