import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, constants, mkdirSync, openSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { copyAttributes, exchange, isReaderGone, syncFileSystem, tryLock } from "../../src/platform/syscalls.ts";
import { testWith } from "../support/requires.ts";
import { readTree, scratch, writeTree } from "../support/trees.ts";

test("exchanges two directories in one step", () => {
  using directory = scratch();
  writeTree(directory.path, { "a/x": "from a", "b/y": "from b" });
  exchange(`${directory.path}/a`, `${directory.path}/b`);
  expect(readTree(directory.path)).toEqual({ "a/y": "from b", "b/x": "from a" });
});

test.for([
  { title: "ENOENT, when one is missing", a: "a", b: "none", code: "ENOENT" },
  { title: "EXDEV, on another file system", a: "a", b: "/dev/shm", code: "EXDEV" },
  { title: "EINVAL, into itself", a: "a", b: "a/sub", code: "EINVAL" },
])("exchange fails with $title", ({ a, b, code }) => {
  using directory = scratch();
  writeTree(directory.path, { "a/sub": "directory/" });
  const at = (path: string) => (path.startsWith("/") ? path : `${directory.path}/${path}`);
  expect(() => exchange(at(a), at(b))).toThrow(expect.objectContaining({ code, syscall: "renameat2" }));
});

test("a lock keeps another process away until its holder dies", async () => {
  using directory = scratch();
  const path = `${directory.path}/lock`;
  const script = `
    import { openSync } from "node:fs";
    import { tryLock } from ${JSON.stringify(new URL("../../src/platform/syscalls.ts", import.meta.url).href)};
    process.stdout.write(String(tryLock(openSync(${JSON.stringify(path)}, "w"))));
    setInterval(() => {}, 1000);`;
  const holder = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [said] = await once(holder.stdout, "data");
  expect(String(said)).toBe("true");
  const fd = openSync(path, "r+");
  expect(tryLock(fd)).toBe(false);
  holder.kill("SIGKILL");
  await once(holder, "exit");
  expect(tryLock(fd)).toBe(true);
  closeSync(fd);
});

test("a lock is each open file's own, and goes when it is closed", () => {
  using directory = scratch();
  const [a, b] = [openSync(`${directory.path}/lock`, "w"), openSync(`${directory.path}/lock`, "w")];
  expect([tryLock(a), tryLock(a), tryLock(b)]).toEqual([true, true, false]);
  closeSync(a);
  expect(tryLock(b)).toBe(true);
  closeSync(b);
});

test("says what is wrong with a handle that cannot be locked or synced", () => {
  const closed = 999_999;
  expect(() => tryLock(closed)).toThrow(expect.objectContaining({ code: "EBADF", syscall: "flock" }));
  expect(() => syncFileSystem(closed)).toThrow(expect.objectContaining({ code: "EBADF", syscall: "syncfs" }));
});

testWith({ tools: ["setfacl", "getfacl"] }, "copies ACLs, default ones too, and the mode with them", () => {
  using directory = scratch();
  const [from, to] = [`${directory.path}/from`, `${directory.path}/to-ä`];
  mkdirSync(from);
  mkdirSync(to);
  execFileSync("setfacl", ["-m", "u:12345:rwx,d:g:54321:r-x", from]);
  copyAttributes(from, to);
  const acl = (path: string) =>
    execFileSync("getfacl", ["--omit-header", "--absolute-names", "--numeric", path], { encoding: "utf8" });
  expect(acl(to)).toContain("user:12345:rwx");
  expect(acl(to)).toContain("default:group:54321:r-x");
  expect(acl(to)).toBe(acl(from));
});

testWith({ tools: ["setfattr", "getfattr"] }, "copies user attributes", () => {
  using directory = scratch();
  const [from, to] = [`${directory.path}/from`, `${directory.path}/to`];
  writeFileSync(from, "");
  writeFileSync(to, "");
  execFileSync("setfattr", ["-n", "user.note", "-v", "kept", from]);
  copyAttributes(from, to);
  expect(execFileSync("getfattr", ["-n", "user.note", "--only-values", to], { encoding: "utf8" })).toBe("kept");
});

test("copies nothing where there is nothing, and fails for nobody", () => {
  using directory = scratch();
  writeTree(directory.path, { a: "", b: "" });
  expect(() => copyAttributes(`${directory.path}/a`, `${directory.path}/b`)).not.toThrow();
  expect(() => copyAttributes(`${directory.path}/none`, `${directory.path}/b`)).not.toThrow();
});

test("tells when nobody reads a pipe any more, though nothing is written", () => {
  using directory = scratch();
  const path = `${directory.path}/pipe`;
  execFileSync("mkfifo", [path]);
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const writer = openSync(path, "w");
  expect(isReaderGone(writer)).toBe(false);
  closeSync(reader);
  expect(isReaderGone(writer)).toBe(true);
  closeSync(writer);
});
