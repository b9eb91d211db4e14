import type { ScriptFacts } from "./scripts.ts";

/** The languages that packs' programs are written in, and that more than one name is known for. */
export type Language = "shell" | "python" | "node";

/** Without `core.`, which is the pack of all of Attune's own runtimes. */
const RUNNERS: Readonly<Record<string, Language>> = {
  ...{ shell: "shell", bash: "shell", sh: "shell" },
  ...{ python: "python", python3: "python", "python-script": "python" },
  ...{ node: "node", nodejs: "node" },
};

const EXTENSIONS: Readonly<Record<string, Language>> = {
  ...{ sh: "shell", bash: "shell", py: "python", js: "node", mjs: "node", cjs: "node" },
};

/** What a runner runs, by any of its names. */
export function languageOfRunner(runner = ""): Language | undefined {
  const name = runner.replace(/^core\./, "").replace(/^node\.js$/, "node");
  return Object.hasOwn(RUNNERS, name) ? RUNNERS[name] : undefined;
}

/** What a file is written in, by its name alone. */
export function languageOfFile(file: string): Language | undefined {
  const extension = /\.(\w+)$/.exec(file)?.[1] ?? "";
  return Object.hasOwn(EXTENSIONS, extension) ? EXTENSIONS[extension] : undefined;
}

/** What a script is written in: by its name, else by its first line. */
export function languageOfScript(file: string, { shebang = "" }: Pick<ScriptFacts, "shebang">): Language | undefined {
  const language = languageOfFile(file);
  if (language !== undefined) return language;
  if (/\b(ba|da|k|z)?sh\b/.test(shebang)) return "shell";
  if (/\bpython[\d.]*\b/.test(shebang)) return "python";
  return /\bnode(js)?\b/.test(shebang) ? "node" : undefined;
}
