import { chmodSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { openSink } from "../../src/publish/staging.ts";
import { lookAt } from "../../src/scan/look.ts";
import { readPack } from "../../src/scan/read-pack.ts";
import { type ScanRequest, scanPack } from "../../src/scan/scan-pack.ts";
import { elfFile } from "../support/elf.ts";
import { goLive, LIMITS, MANIFEST, PACK, pack, scan } from "../support/scanner.ts";
import { memorySink } from "../support/sink.ts";
import { scratch, writeTree } from "../support/trees.ts";

test("reads everything the first time, and says who the pack is", async () => {
  using own = pack();
  const { snapshot, identity, sink, diagnostics, ownManifest } = await scan(own.at);
  expect(identity).toEqual({ ref: "mypack", version: "1.2.3", dependencies: ["core"] });
  expect([...snapshot.files.keys()].sort()).toEqual(Object.keys(PACK).sort());
  expect(snapshot.directories).toEqual(["actions", "lib"]);
  expect([...sink.files.keys()].sort()).toEqual(Object.keys(PACK).sort());
  expect(sink.files.get("actions/run.sh")).toMatchObject({ mode: 0o755 });
  expect(sink.expected.length).toBe(4);
  expect(diagnostics).toEqual([]);
  expect(ownManifest).toBe(true);
});

describe("the second time", () => {
  test("reads nothing that is live as it is known", async () => {
    using own = pack();
    const first = await scan(own.at);
    const second = await scan(own.at, first, { live: goLive(first, own.live) });
    expect(second.sink.writes).toEqual([]);
    expect(second.sink.expected).toEqual([]);
    expect(second.snapshot).toEqual(first.snapshot);
    expect(second.identity).toEqual(first.identity);
  });

  test("reads only what changed", async () => {
    using own = pack();
    const first = await scan(own.at);
    writeFileSync(`${own.root}/lib/a.py`, "b");
    const second = await scan(own.at, first, { live: goLive(first, own.live) });
    expect(second.sink.writes).toEqual(["lib/a.py"]);
    expect(second.sink.expected).toEqual([1]);
    expect(second.sink.files.get("lib/a.py")?.bytes.toString()).toBe("b");
    expect(second.snapshot.files.get("lib/a.py")).not.toEqual(first.snapshot.files.get("lib/a.py"));
  });

  test("reads what the volume has not got, or has otherwise", async () => {
    using own = pack();
    const first = await scan(own.at);
    const live = goLive(first, own.live, ["lib/a.py"]);
    chmodSync(`${own.live}/actions/run.sh`, 0o644);
    writeFileSync(`${own.live}/pack.yaml`, "edited");
    const second = await scan(own.at, first, { live });
    expect(second.sink.writes).toEqual(["actions/run.sh", "lib/a.py", "pack.yaml"]);
  });

  test("trusts no stamp that was too young", async () => {
    using own = pack();
    const first = await scan(own.at);
    writeFileSync(`${own.root}/lib/a.py`, "b");
    const second = await scan(own.at, first, { at: "earlier", live: goLive(first, own.live) });
    const third = await scan(own.at, second, { live: goLive({ ...second, sink: first.sink }, own.live) });
    expect(third.sink.writes).toEqual(["actions/run.sh", "actions/run.yaml", "lib/a.py", "pack.yaml"]);
  });

  test("has another revision", async () => {
    using own = pack();
    const first = await scan(own.at);
    expect((await scan(own.at, first)).revision).not.toBe(first.revision);
  });
});

test("looks into what others have where the source has something, and into nothing else", async () => {
  using own = pack({ ...PACK, empty: "directory/", "sub/empty": "directory/" });
  const first = await scan(own.at);
  const live = goLive(first, own.live, ["lib/a.py"]);
  writeTree(own.live, {
    empty: elfFile(),
    "sub/empty": elfFile(),
    "sub/other": elfFile(),
    "lib/a.py/tool": elfFile(),
    "lib/tool": elfFile(),
    other: elfFile(),
  });
  const { live: seen } = await scan(own.at, first, { live });
  const foreign = [...(seen?.files ?? [])].filter(([, { ownership }]) => ownership === "foreign");
  expect(foreign.filter(([, { elf }]) => elf !== undefined).map(([path]) => path)).toEqual([
    "empty",
    "lib/a.py/tool",
    "sub/empty",
  ]);
});

describe("a large definition within the limits", () => {
  const limits = { ...LIMITS, maxDefinitionSize: 4_000_000 };
  const padding = `# ${"x".repeat(2_000_000)}\n`;

  test("is parsed to its end", async () => {
    using own = pack({ "pack.yaml": padding + MANIFEST, "actions/big.yaml": `${padding}a: [\n` });
    const request = {
      at: own.at,
      known: undefined,
      files: {},
      facts: undefined,
      arch: [],
      limits,
      live: undefined,
      staging: undefined,
    };
    const { identity, diagnostics } = await scanPack(request, () => memorySink());
    expect(identity?.ref).toBe("mypack");
    expect(diagnostics).toMatchObject([{ severity: "error", file: "actions/big.yaml", code: "metadata.invalid_yaml" }]);
    expect(await lookAt(own.at, undefined, false, limits)).toMatchObject({ identity: { ref: "mypack" } });
  });

  test("is parsed when the limits are raised", async () => {
    using own = pack({ "pack.yaml": padding + MANIFEST, "actions/big.yaml": `${padding}a: [\n` });
    const { snapshot, known } = await scan(own.at);
    const request = {
      at: own.at,
      known,
      files: Object.fromEntries(snapshot.files),
      facts: undefined,
      arch: [],
      limits,
      live: undefined,
      staging: undefined,
    };
    const { identity, diagnostics } = await scanPack(request, () => memorySink());
    expect(identity?.ref).toBe("mypack");
    expect(diagnostics).toMatchObject([{ severity: "error", file: "actions/big.yaml", code: "metadata.invalid_yaml" }]);
  });
});

test("knows files by names of JavaScript's own, the second time, too", async () => {
  using own = pack({ ...PACK, ...JSON.parse('{"__proto__": "a", "lib/constructor": "b"}') });
  const first = await scan(own.at);
  expect([...first.snapshot.files.keys()]).toEqual(expect.arrayContaining(["__proto__", "lib/constructor"]));
  const second = await scan(own.at, first, { live: goLive(first, own.live, ["__proto__"]) });
  expect(second.sink.writes).toEqual(["__proto__"]);
});

describe("while it is read", () => {
  test("a change is noticed and everything is read again", async () => {
    using own = pack();
    let looks = 0;
    const meanwhile = () => (looks++ === 0 ? writeFileSync(`${own.root}/lib/a.py`, "changed") : undefined);
    const { snapshot, sink } = await scan(own.at, undefined, { meanwhile });
    expect(snapshot.files.get("lib/a.py")?.size).toBe(7);
    expect(sink.files.get("lib/a.py")?.bytes.toString()).toBe("changed");
    expect(looks).toBe(2);
  });

  test.for<{ title: string; change: (root: string, time: number) => void }>([
    {
      title: "a file that is written again and again",
      change: (root, time) => writeFileSync(`${root}/lib/a.py`, "x".repeat(time)),
    },
    { title: "files that come", change: (root, time) => writeFileSync(`${root}/lib/new-${time}`, "") },
    {
      title: "a file that comes and goes",
      change: (root, time) => (time % 2 ? rmSync(`${root}/lib/a.py`) : writeFileSync(`${root}/lib/a.py`, "a")),
    },
    { title: "a directory that becomes a symlink", change: (root, time) => swapForLink(root, time) },
  ])("$title: the pack is busy", async ({ change }) => {
    using own = pack();
    let time = 0;
    const busy = scan(own.at, undefined, { meanwhile: () => change(own.root, ++time) });
    await expect(busy).rejects.toMatchObject({ code: "PACK_BUSY", retryable: true });
    expect(time).toBe(5);
  });

  test("nothing outside the pack is read through a directory that became a symlink", async () => {
    using own = pack();
    using outside = scratch();
    writeTree(outside.path, { "a.py": "secret" });
    let looks = 0;
    const { snapshot, diagnostics, sink } = await scan(own.at, undefined, {
      meanwhile() {
        if (looks++ > 0) return;
        rmSync(`${own.root}/lib`, { recursive: true });
        symlinkSync(outside.path, `${own.root}/lib`);
      },
    });
    expect(diagnostics).toMatchObject([{ code: "source.escaping_symlink" }]);
    expect(snapshot.files.has("lib/a.py")).toBe(false);
    expect(sink.files.has("lib/a.py")).toBe(false);
  });
});

function swapForLink(root: string, time: number): void {
  if (time % 2 === 1) {
    renameSync(`${root}/lib`, `${root}/lib.real`);
    symlinkSync("lib.real", `${root}/lib`);
  } else {
    rmSync(`${root}/lib`);
    renameSync(`${root}/lib.real`, `${root}/lib`);
  }
}

describe("a pack without pack.yaml", () => {
  const bare = {
    "actions/test.yaml": "ref: mypack.test\nentry_point: echo.sh\n",
    "actions/echo.sh": { script: "#!/bin/sh\n" },
  } as const;

  test("gets a generated one in development, whose source stays as it is", async () => {
    using own = pack(bare);
    const { identity, snapshot, sink, ownManifest } = await scan(own.dev);
    expect(identity).toEqual({ ref: "mypack", version: "0.0.0-dev", dependencies: [] });
    expect(snapshot.files.has("pack.yaml")).toBe(true);
    expect(sink.files.get("pack.yaml")?.bytes.toString()).toContain('ref: "mypack"');
    expect(ownManifest).toBe(false);
  });

  test("does not write the generated one again", async () => {
    using own = pack(bare);
    const first = await scan(own.dev);
    expect((await scan(own.dev, first, { live: goLive(first, own.live) })).sink.writes).toEqual([]);
  });

  test("is rejected when it once had one of its own, and accepted again when that is back", async () => {
    using own = pack();
    const first = await scan(own.dev);
    renameSync(`${own.root}/pack.yaml`, `${own.root}/pack.bak`);
    const without = await scan(own.dev, first);
    expect(without).toMatchObject({
      identity: undefined,
      ownManifest: true,
      diagnostics: [{ severity: "error", code: "manifest.missing" }],
    });
    renameSync(`${own.root}/pack.bak`, `${own.root}/pack.yaml`);
    expect(await scan(own.dev, without)).toMatchObject({
      identity: { ref: "mypack", version: "1.2.3" },
      diagnostics: [],
    });
  });

  test("is rejected in production", async () => {
    using own = pack(bare);
    expect(await scan(own.at)).toMatchObject({ identity: undefined, diagnostics: [{ code: "manifest.missing" }] });
  });

  test("does not count as one that had one of its own while that is refused", async () => {
    using own = pack({ ...bare, "pack.yaml": { link: "nowhere" } });
    const first = await scan(own.dev);
    expect(first.diagnostics).toMatchObject([{ code: "source.broken_symlink", file: "pack.yaml" }]);
    rmSync(`${own.root}/pack.yaml`);
    expect(await scan(own.dev, first)).toMatchObject({ identity: { version: "0.0.0-dev" }, diagnostics: [] });
  });
});

describe("what another thread has read", () => {
  function requestFor(at: Parameters<typeof scan>[0], volume: string): ScanRequest {
    const staging = { root: `${volume}/mypack.1`, volume, minFreeBytes: 0, owner: undefined };
    return { at, known: undefined, files: {}, facts: undefined, arch: [], limits: LIMITS, live: undefined, staging };
  }

  test("is judged as if this one had read it", async () => {
    using own = pack({ ...PACK, "rules/r.yaml": "ref: mypack.r\ntrigger_ref: mypack.none\naction_ref: mypack.run\n" });
    const request = { ...requestFor(own.at, "/"), staging: undefined };
    const { revision: _, tookMs: __, ...here } = await scanPack(request, openSink);
    const { revision, tookMs, ...there } = await scanPack(
      request,
      openSink,
      structuredClone(readPack(request, openSink)),
    );
    expect(there).toEqual(here);
    expect(there.diagnostics.map(({ code }) => code)).toContain("reference.missing_local_target");
  });

  test("gets its generated pack.yaml beside what is staged already", async () => {
    using own = pack({ "actions/run.yaml": PACK["actions/run.yaml"] });
    using volume = scratch();
    const request = requestFor(own.dev, volume.path);
    const { written } = await scanPack(request, openSink, structuredClone(readPack(request, openSink)));
    expect([...written.keys()]).toEqual(["actions/run.yaml", "pack.yaml"]);
    expect(readdirSync(`${volume.path}/mypack.1`).sort()).toEqual(["actions", "pack.yaml"]);
  });

  test("does not stay in staging when it cannot be judged", async () => {
    using own = pack({ "actions/run.yaml": PACK["actions/run.yaml"] });
    using volume = scratch();
    const request = requestFor(own.dev, volume.path);
    const read = readPack(request, openSink);
    mkdirSync(`${volume.path}/mypack.1/pack.yaml`);
    await expect(scanPack(request, openSink, read)).rejects.toThrow("Cannot stage `pack.yaml`");
    expect(readdirSync(volume.path)).toEqual([]);
  });
});
