import { join } from "node:path";
import { type ArchiveEntry, tarGzOf, zipOf } from "./archives.ts";
import { type Content, writeTree } from "./trees.ts";

/** The file name and the bytes of a wheel: a zip with a module and the facts that pip reads. */
export function wheelOf(name: string, version: string, requires: readonly string[] = []) {
  const info = `${name}-${version}.dist-info`;
  const metadata = [
    ...["Metadata-Version: 2.1", `Name: ${name}`, `Version: ${version}`],
    ...requires.map((each) => `Requires-Dist: ${each}`),
  ];
  const files: readonly ArchiveEntry[] = [
    { name: `${name}.py`, content: `VERSION = "${version}"\n` },
    { name: `${info}/METADATA`, content: `${metadata.join("\n")}\n` },
    {
      name: `${info}/WHEEL`,
      content: "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    },
  ];
  const record = { name: `${info}/RECORD`, content: files.map((each) => `${each.name},,\n`).join("") };
  return { file: `${name}-${version}-py3-none-any.whl`, bytes: zipOf([...files, record]) };
}

/** A directory of wheels, as `PIP_FIND_LINKS` takes it, each as `name@version`. */
export function writeWheels(directory: string, wheels: readonly string[]): void {
  for (const each of wheels) {
    const [name = "", version = ""] = each.split("@");
    const { file, bytes } = wheelOf(name, version);
    writeTree(directory, { [file]: bytes });
  }
}

/** What pip has to build itself, by this Python: `build` is run for it. Nothing is needed beside it. */
export function sourcePackage(name: string, build: string): Record<string, Content> {
  return {
    [`${name}/pyproject.toml`]: '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n',
    [`${name}/backend.py`]: `import os, subprocess, sys, time\n\ndef build_wheel(directory, *_, **__):\n${build.replaceAll(/^/gm, "    ")}\n    raise SystemExit("not built")\n`,
  };
}

interface NpmPackage {
  readonly name: string;
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly scripts?: Readonly<Record<string, string>>;
}

/** As `npm pack` makes it. */
export function npmTarball(manifest: NpmPackage): Buffer {
  return tarGzOf([
    { name: "package/package.json", content: JSON.stringify(manifest) },
    { name: "package/index.js", content: `module.exports = "${manifest.version}";\n` },
  ]);
}

export function packOf(ref: string, tree: Readonly<Record<string, Content>> = {}, more = ""): Record<string, Content> {
  return { "pack.yaml": `ref: ${ref}\nlabel: A pack\nversion: "1.0.0"\n${more}`, ...tree };
}

export function writePack(root: string, ref: string, tree: Readonly<Record<string, Content>>, more = ""): string {
  const directory = join(root, ref);
  writeTree(directory, packOf(ref, tree, more));
  return directory;
}
