/** Files of the pack's root that say what a runtime has to install. */
const DEPENDENCIES: Readonly<Record<string, string>> = {
  ...{ "requirements.txt": "python", "constraints.txt": "python", "pyproject.toml": "python" },
  ...{ "package.json": "node", "package-lock.json": "node", "npm-shrinkwrap.json": "node" },
  ...{ "yarn.lock": "node", "pnpm-lock.yaml": "node" },
  ...{ Gemfile: "ruby", "Gemfile.lock": "ruby", "go.mod": "go", "go.sum": "go", cpanfile: "perl" },
};

/** The runtime whose dependencies a file lists, in the words of `runner_type`. */
export function dependencyRuntime(path: string): string | undefined {
  return Object.hasOwn(DEPENDENCIES, path) ? DEPENDENCIES[path] : undefined;
}

export function isConfig(path: string): boolean {
  return /^(config\.ya?ml|configs?\/.*)$/.test(path);
}

const DOC_DIRECTORIES = /^(docs?|tests?|examples?|screenshots?|images?|\.github|\.circleci)\//;
const DOC_NAMES =
  /^(readme|changelog|changes|history|licen[cs]e|copying|notice|authors|contributors|contributing|todo)(\.[a-z]+)?$/i;
const ROOT_ONLY = /^(\..+|icon\.(png|svg|jpg)|Makefile|tox\.ini|setup\.cfg|requirements-[\w-]+\.txt|.+\.example)$/;

/** Below these a text in Markdown may be what a program reads. */
const PROGRAMS = /^(actions|sensors|lib)\//;

/** What is for people, tests included: nothing that runs ever reads it. */
export function isDocs(path: string): boolean {
  if (DOC_DIRECTORIES.test(path)) return true;
  const name = path.slice(path.lastIndexOf("/") + 1);
  if (DOC_NAMES.test(name) || (name === path && ROOT_ONLY.test(name))) return true;
  return !PROGRAMS.test(path) && /\.(md|rst|adoc)$/i.test(name);
}
