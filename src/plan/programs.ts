import type { Facts } from "../pack/facts.ts";
import { type Language, languageOfFile, languageOfRunner, languageOfScript } from "../pack/language.ts";
import type { PackFacts } from "../pack/pack-facts.ts";

/** An action or a sensor, as far as it is a program. */
export interface Program {
  readonly kind: "action" | "sensor";
  /** As people call it: its ref, else its file. */
  readonly name: string;
  /** One of the names `shell`, `python`, `node`, or as the definition has it; `native` where nothing else is said. */
  readonly runner: string;
  /** Relative to the pack. */
  readonly entry: string | undefined;
  readonly language: Language | undefined;
  /** A binary has no `lib/` of scripts. */
  readonly isScript: boolean;
}

/** Everything in a pack that runs; workflows are read, not run. */
export function programsOf(facts: PackFacts | undefined): readonly Program[] {
  if (facts === undefined) return [];
  return [...facts.definitions].flatMap(([file, about]) => {
    const { kind, links } = about;
    if ((kind !== "action" && kind !== "sensor") || links.some(({ to }) => to === "workflow_file")) return [];
    return [program(file, kind, about, facts)];
  });
}

function program(file: string, kind: Program["kind"], about: Facts, { scripts, dialect }: PackFacts): Program {
  const entry = about.links.find(({ to }) => to === "entry_point")?.target;
  const script = entry === undefined ? undefined : scripts.get(entry);
  const byFile = entry === undefined ? undefined : languageOfScript(entry, script ?? {});
  // StackStorm's sensors have no runner: all of them are Python.
  const said = about.runner ?? (dialect === "stackstorm" && kind === "sensor" ? "python" : undefined);
  const language = languageOfRunner(said) ?? byFile;
  return {
    kind,
    name: about.ref ?? file,
    runner: runnerName(said ?? language ?? "native"),
    entry,
    language,
    isScript: language !== undefined || script !== undefined,
  };
}

/** `python3`, `core.python` and `python-script` are one runner: `python`. */
export function runnerName(runner: string): string {
  const name = runner.toLowerCase();
  return languageOfRunner(name) ?? name.replace(/^core\./, "");
}

/** Whether a program may read a file that lies beside it: a library of its own language, or whatever has none. */
export function mayUse({ language, isScript }: Program, file: string): boolean {
  const wanted = languageOfFile(file);
  if (wanted === undefined || wanted === language) return true;
  return language === undefined && isScript;
}
