import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { scratch } from "../support/trees.ts";

const PROJECT = new URL("../..", import.meta.url).pathname;

interface Resource {
  readonly apiVersion: string;
  readonly kind: string;
}

const resources = parseAllDocuments(readFileSync(`${PROJECT}docker/kubernetes.yaml`, "utf8"), { merge: true }).map(
  (document): Resource => document.toJS(),
);

/** The API's schema as TypeScript has it: what is missing, what has another type, and what the API does not know, does not compile. */
function check(documents: readonly Resource[]): { code: number | null; said: string } {
  using directory = scratch();
  mkdirSync(`${directory.path}/node_modules`);
  symlinkSync(`${PROJECT}node_modules/kubernetes-types`, `${directory.path}/node_modules/kubernetes-types`);
  const lines = documents.map(
    (document, index) =>
      `import type { ${document.kind} as Kind${index} } from "kubernetes-types/${document.apiVersion.replace(/^v1$/, "core/v1")}";\n` +
      `export const resource${index}: Kind${index} = ${JSON.stringify(document, null, 2)};\n`,
  );
  writeFileSync(`${directory.path}/resources.ts`, lines.join("\n"));
  const args = ["--noEmit", "--strict", "--module", "esnext", "--moduleResolution", "bundler", "resources.ts"];
  const { status, stdout } = spawnSync(`${PROJECT}node_modules/.bin/tsc`, args, {
    cwd: directory.path,
    encoding: "utf8",
  });
  return { code: status, said: stdout };
}

test("docker/kubernetes.yaml is what the API's schema says", () => {
  expect(resources.map(({ kind }) => kind)).toEqual([
    ...["ConfigMap", "PersistentVolumeClaim", "PersistentVolumeClaim", "Deployment"],
  ]);
  expect(check(resources)).toEqual({ code: 0, said: "" });
});

test.for([
  { title: "a field of another name", from: '"initContainers"', to: '"initContainer"', says: "initContainer" },
  {
    title: "a value of another type",
    from: '"replicas":1',
    to: '"replicas":"one"',
    says: "not assignable to type 'number'",
  },
  { title: "a value that is none of those known", from: '"Recreate"', to: "7", says: "not assignable" },
])("$title would not pass", ({ from, to, says }) => {
  const text = JSON.stringify(resources);
  expect(text).toContain(from);
  const { code, said } = check(JSON.parse(text.replace(from, to)));
  expect(code).not.toBe(0);
  expect(said).toContain(says);
});

test("docker/distributable says in .env all that its compose file reads", () => {
  const read = (name: string) => readFileSync(`${PROJECT}docker/distributable/${name}`, "utf8");
  const used = [...read("docker-compose.yaml").matchAll(/\$\{(\w+)/g)].map(([, name = ""]) => name);
  const said = [...read(".env").matchAll(/^(\w+)=/gm)].map(([, name = ""]) => name);
  expect([...new Set(used)].sort()).toEqual(said.sort());
});

test("the scripts of docker/ are POSIX shell", () => {
  for (const name of ["docker_entrypoint.sh", "assemble.sh", "stand-in.sh"])
    execFileSync("sh", ["-n", `${PROJECT}docker/${name}`]);
});
