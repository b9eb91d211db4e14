import { chmodSync, chownSync, existsSync, lstatSync, mkdirSync, readFileSync, statSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { volumeLayout } from "../../src/publish/layout.ts";
import { type OpenVolumeRequest, openVolume } from "../../src/publish/volume.ts";
import { testWith } from "../support/requires.ts";
import { scratch, writeTree } from "../support/trees.ts";

function request(path: string, about: Partial<OpenVolumeRequest> = {}): OpenVolumeRequest {
  const layout = volumeLayout(`${path}/volume`);
  return { layout, stateDir: layout.own, owner: undefined, ...about };
}

test("makes the volume and what packsync keeps in it, closed to others", () => {
  using directory = scratch();
  const asked = request(directory.path);
  openVolume(asked);
  openVolume(asked);
  const { own, staging, releases } = asked.layout;
  for (const path of [own, staging, releases]) expect(statSync(path).mode & 0o777, path).toBe(0o750);
  expect(readFileSync(`${own}/CACHEDIR.TAG`, "utf8")).toMatch(/^Signature: 8a477f597d28d172789f06886806bc55\n/);
});

test("closes what an earlier packsync left open", () => {
  using directory = scratch();
  const asked = request(directory.path);
  mkdirSync(asked.layout.own, { recursive: true });
  chmodSync(asked.layout.own, 0o777);
  openVolume(asked);
  expect(statSync(asked.layout.own).mode & 0o777).toBe(0o750);
});

describe("a state directory elsewhere", () => {
  test("is made", () => {
    using directory = scratch();
    openVolume(request(directory.path, { stateDir: `${directory.path}/state/deep` }));
    expect(statSync(`${directory.path}/state/deep`).mode & 0o777).toBe(0o750);
  });

  testWith({ root: true }, "that was there already stays whose and how it is: it may be everybody's", () => {
    using directory = scratch();
    const stateDir = `${directory.path}/shared`;
    mkdirSync(stateDir);
    chownSync(stateDir, 1234, 1234);
    chmodSync(stateDir, 0o1777);
    openVolume(request(directory.path, { stateDir, owner: { uid: 4321, gid: 4321 } }));
    const { mode, uid } = statSync(stateDir);
    expect({ mode: mode & 0o7777, uid }).toEqual({ mode: 0o1777, uid: 1234 });
  });
});

describe("a file system without reliable locks", () => {
  test.for([
    { type: 0x6969, name: "NFS" },
    { type: 0x517b, name: "SMB" },
    { type: 0xff534d42, name: "CIFS" },
    { type: 0xfe534d42, name: "SMB 2" },
    { type: 0x01021997, name: "9p" },
  ])("is refused: $name", ({ type, name }) => {
    using directory = scratch();
    const asked = request(directory.path, { statFs: () => ({ type }) });
    expect(() => openVolume(asked)).toThrow(
      expect.objectContaining({
        code: "VOLUME_UNUSABLE",
        message: expect.stringContaining(name),
        hint: expect.stringContaining("--state-dir"),
      }),
    );
    expect(existsSync(asked.layout.own)).toBe(false);
  });

  test("does not matter for the volume when the state is elsewhere", () => {
    using directory = scratch();
    const stateDir = `${directory.path}/state`;
    const statFs = (path: string) => ({ type: path.startsWith(`${directory.path}/volume`) ? 0x6969 : 0xef53 });
    expect(() => openVolume(request(directory.path, { stateDir, statFs }))).not.toThrow();
  });
});

describe("says what helps", () => {
  test.for([
    { title: "when the volume is a file", tree: { volume: "" }, path: "", message: "/volume" },
    { title: "when a part of its path is a file", tree: { part: "" }, path: "/part", message: "ENOTDIR" },
    { title: "when its path goes in a circle", tree: { loop: { link: "loop" } }, path: "/loop", message: "ELOOP" },
  ])("$title", ({ tree, path, message }) => {
    using directory = scratch();
    writeTree(directory.path, tree);
    expect(() => openVolume(request(directory.path + path))).toThrow(
      expect.objectContaining({
        code: "VOLUME_UNUSABLE",
        message: expect.stringContaining(message),
        hint: expect.any(String),
      }),
    );
  });
});

test("says which of the two it is when the state directory cannot be made", () => {
  using directory = scratch();
  writeTree(directory.path, { part: "" });
  expect(() => openVolume(request(directory.path, { stateDir: `${directory.path}/part/state` }))).toThrow(
    expect.objectContaining({
      code: "VOLUME_UNUSABLE",
      message: expect.stringContaining(`the state directory ${directory.path}/part/state: ENOTDIR`),
      hint: expect.stringContaining("--state-dir"),
    }),
  );
});

testWith({ root: true }, "gives what it makes to the volume's own owner, or to whom it is told", () => {
  using directory = scratch();
  const asked = request(directory.path);
  mkdirSync(asked.layout.root);
  chownSync(asked.layout.root, 1234, 2345);
  expect(openVolume(asked)).toEqual({ uid: 1234, gid: 2345 });
  const owners = () =>
    [asked.layout.own, asked.layout.staging, `${asked.layout.own}/CACHEDIR.TAG`].map((path) => lstatSync(path).uid);
  expect(owners()).toEqual([1234, 1234, 1234]);
  expect(openVolume({ ...asked, owner: { uid: 4321, gid: 4321 } })).toEqual({ uid: 4321, gid: 4321 });
  expect(owners().slice(0, 2)).toEqual([4321, 4321]);
  expect(statSync(asked.layout.root).uid).toBe(1234);
});

test("changes no owner when that is the process's own anyway", () => {
  using directory = scratch();
  const [uid, gid] = [process.geteuid?.() ?? 0, process.getegid?.() ?? 0];
  expect(openVolume(request(directory.path, { owner: { uid, gid } }))).toBeUndefined();
});
