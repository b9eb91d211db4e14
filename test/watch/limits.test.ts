import { chmodSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { degradedBy } from "../../src/watch/limits.ts";
import { testWith } from "../support/requires.ts";
import { scratch, writeTree } from "../support/trees.ts";
import { sh } from "../support/watching.ts";
import { watchingElsewhere } from "../support/watching-elsewhere.ts";

const PACKS = {
  "core/actions/echo.sh": "echo\n",
  "other/actions/echo.sh": "echo\n",
  "third/pack.yaml": "ref: third\n",
};
const NEEDS = { userNamespaces: true } as const;

/** A user namespace has limits of its own: the machine's stay as they are. */
const withLimit = (name: string, value: number): string[] => [
  "unshare",
  "--user",
  "--map-root-user",
  "sh",
  "-c",
  `echo ${value} > /proc/sys/user/${name} && exec "$@"`,
  "sh",
];

const isHint = (text: string) => (said: readonly unknown[]) => said.join(" ") === `hint ${text}`;

testWith(NEEDS, "when watches run out it says once what to set, and goes on with those it has", async () => {
  using made = scratch();
  writeTree(made.path, PACKS);
  await using watched = watchingElsewhere(made.path, { through: withLimit("max_inotify_watches", 3) });
  expect(await watched.until(([what]) => what === "ready")).toEqual(["ready", "degraded", { watches: 3, allowed: 3 }]);
  sh(made.path, "mkdir fourth; touch core/x other/x third/x");
  await watched.until(isHint("fourth changed"));
  const degraded = watched.said.filter(([what]) => what === "degraded");
  expect(degraded).toEqual([
    [
      "degraded",
      {
        source: "packs",
        code: "ENOSPC",
        used: 3,
        allowed: 3,
        hint: expect.stringContaining("sysctl fs.inotify.max_user_watches=65536"),
      },
    ],
  ]);
});

testWith(NEEDS, "when watches are free again, looking again ends it", async () => {
  using made = scratch();
  writeTree(made.path, PACKS);
  await using watched = watchingElsewhere(made.path, { through: withLimit("max_inotify_watches", 4) });
  await watched.until(([what]) => what === "degraded");
  sh(made.path, "rm -r core");
  await watched.until(isHint("core vanished"));
  watched.recheck();
  await watched.until(([what]) => what === "watched");
  sh(made.path, "echo x >> other/actions/echo.sh; touch third/x");
  await watched.until(isHint("third changed"));
  await watched.until(isHint("other changed"));
});

testWith(NEEDS, "when instances run out it says once what to set", async () => {
  using made = scratch();
  writeTree(made.path, PACKS);
  await using watched = watchingElsewhere(made.path, { through: withLimit("max_inotify_instances", 0) });
  expect(await watched.until(([what]) => what === "ready")).toEqual([
    "ready",
    "degraded",
    { watches: 0, allowed: expect.any(Number) },
  ]);
  expect(watched.said[0]).toMatchObject([
    "degraded",
    { code: "EMFILE", used: 0, allowed: 0, hint: expect.stringContaining("fs.inotify.max_user_instances=1024") },
  ]);
});

testWith(
  { root: true },
  "a directory that it may not read keeps it from nothing else, and is watched once it may",
  async () => {
    using made = scratch();
    writeTree(made.path, PACKS);
    chmodSync(made.path, 0o755);
    chmodSync(join(made.path, "core"), 0o700);
    await using watched = watchingElsewhere(made.path, { uid: 65_534 });
    expect(await watched.until(([what]) => what === "ready")).toMatchObject(["ready", "watched", { watches: 4 }]);
    sh(made.path, "echo x >> other/actions/echo.sh");
    await watched.until(isHint("other changed"));
    sh(made.path, "touch core/unseen; chmod 755 core");
    await watched.until(isHint("core changed"));
    sh(made.path, "rm core/actions/echo.sh");
    await watched.until(isHint("core removed"));
    expect(watched.said.filter(([what]) => what === "degraded" || what === "doubt")).toEqual([]);
  },
);

test("another failure says that it looks again from time to time", () => {
  const error = Object.assign(new Error("ENOSYS: not implemented"), { code: "ENOSYS", syscall: "watch" });
  expect(degradedBy("packs", error, 7)).toMatchObject({ source: "packs", code: "ENOSYS", used: 7, allowed: undefined });
});
