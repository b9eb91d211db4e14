/** Where a pack keeps its components, one kind a directory; `aliases` is StackStorm's. */
export const componentDirectories = [
  "actions",
  "aliases",
  "caches",
  "dashboards",
  "permission_sets",
  "policies",
  "queues",
  "rules",
  "runtimes",
  "sensors",
  "triggers",
  "workflows",
] as const;

const DEFINITION_DIRECTORIES: ReadonlySet<string> = new Set([
  ...componentDirectories,
  "actions/chains",
  "actions/workflows",
]);

/**
 * Whether the platforms read this file as a definition. They look directly into the component directories, never below.
 *
 * @param path relative to the pack, with `/`
 */
export function isDefinitionFile(path: string): boolean {
  if (path === "pack.yaml" || path === "config.schema.yaml") return true;
  const slash = path.lastIndexOf("/");
  return DEFINITION_DIRECTORIES.has(path.slice(0, Math.max(slash, 0))) && /[^/]\.ya?ml$/.test(path.slice(slash));
}

const LITTER_NAMES: ReadonlySet<string> = new Set([
  ".bzr",
  ".git",
  ".hg",
  ".svn",
  // Vim creates and removes a file of this name to see whether it may write.
  "4913",
  ".DS_Store",
  "Thumbs.db",
  "desktop.ini",
  ".venv",
  "__pycache__",
  "node_modules",
  ".packignore",
]);

const LITTER = new RegExp(
  [
    /~$/,
    /^\.(.+\.)?sw[a-z]$/, // Vim's swap files: `.echo.sh.swp`, then .swo, .swn, …
    /^#.*#$|^\.#/, // Emacs: auto-save files and lock links
    /___jb_(tmp|old)___$/, // JetBrains' safe write
    /^\.goutputstream-/, // GLib's safe write, as gedit does it
    /^\.~lock\..*#$/, // LibreOffice
    /\.kate-swp$/,
    /^\._/, // what macOS writes beside files where the file system has no extended attributes
    /\.pyc$/,
  ]
    .map(({ source }) => source)
    .join("|"),
);

/** Whether a file or directory of this name is ignored wherever it stands in a source: version control, editors, caches. */
export function isLitter(name: string): boolean {
  return LITTER_NAMES.has(name) || LITTER.test(name);
}
