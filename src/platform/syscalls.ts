import koffi from "koffi";
import { fsPath } from "./names.ts";

/**
 * The few system calls that Node lacks, called through the running process's own libc.
 * Each throws an error with `code` (`EEXIST`, …), like Node's own.
 */
const libc = koffi.load(null);
const LOCK_EX_NB = 2 | 4;
const AT_FDCWD = -100;
const RENAME_NOREPLACE = 1;
const RENAME_EXCHANGE = 2;

// By number, because musl 1.2.3 has no `renameat2`. Source: the kernel's syscall tables.
const SYS_RENAMEAT2: Readonly<Record<string, number>> = { x64: 316, arm64: 276, riscv64: 276, ppc64: 357, s390x: 347 };

const flock = libc.func("int flock(int fd, int operation)");
const syncfs = libc.func("int syncfs(int fd)");
const listxattr = libc.func("long llistxattr(const uint8_t *path, _Out_ uint8_t *list, size_t size)");
const getxattr = libc.func("long lgetxattr(const uint8_t *path, const char *name, _Out_ uint8_t *value, size_t size)");
const setxattr = libc.func(
  "int lsetxattr(const uint8_t *path, const char *name, const uint8_t *value, size_t size, int f)",
);
const poll = libc.func("int poll(void *fds, unsigned long count, int timeout)");
const renameat2 = libc.func("syscall", "long", ["long", "int", "const uint8_t *", "int", "const uint8_t *", "uint"]);

function failure(call: string): NodeJS.ErrnoException {
  const errno = koffi.errno();
  const code = Object.entries(koffi.os.errno).find(([, value]) => value === errno)?.[0] ?? `errno ${errno}`;
  return Object.assign(new Error(`${code}: ${call} failed`), { code, errno, syscall: call });
}

/** Takes an exclusive lock that the kernel releases when the process dies; `false` when another process has it. */
export function tryLock(fd: number): boolean {
  if (flock(fd, LOCK_EX_NB) === 0) return true;
  const error = failure("flock");
  if (error.code === "EAGAIN" || error.code === "EWOULDBLOCK" || error.code === "EINTR") return false;
  throw error;
}

/** Swaps two paths in one step: at every instant both names exist (`renameat2(2)`, `RENAME_EXCHANGE`). */
export function exchange(a: string, b: string): void {
  rename(a, b, RENAME_EXCHANGE);
}

/** Gives a file another name only if nobody has it yet (`RENAME_NOREPLACE`); EEXIST: somebody has. */
export function renameNoReplace(from: string, to: string): void {
  rename(from, to, RENAME_NOREPLACE);
}

function rename(from: string, to: string, flags: number): void {
  const number = SYS_RENAMEAT2[process.arch];
  if (number === undefined || process.platform !== "linux") {
    throw Object.assign(new Error("ENOSYS: renameat2 is not available"), { code: "ENOSYS", syscall: "renameat2" });
  }
  if (renameat2(number, AT_FDCWD, cString(from), AT_FDCWD, cString(to), flags) !== 0) throw failure("renameat2");
}

/** Writes everything of the file system that holds `fd` to its disk (`syncfs(2)`). */
export function syncFileSystem(fd: number): void {
  if (syncfs(fd) !== 0) throw failure("syncfs");
}

/** Copies POSIX ACLs and `user.*` attributes; a file system without them has none to copy. */
export function copyAttributes(from: string, to: string): void {
  const source = cString(from);
  const target = cString(to);
  const list = Buffer.alloc(4096);
  const size = Number(listxattr(source, list, list.length));
  if (size <= 0) return;
  const names = list.toString("utf8", 0, size).split("\0");
  for (const name of names.filter((each) => /^(system\.posix_acl_|user\.)/.test(each))) {
    const value = Buffer.alloc(65_536);
    const length = Number(getxattr(source, name, value, value.length));
    if (length >= 0 && setxattr(target, name, value, length, 0) !== 0) throw failure("lsetxattr");
  }
}

const POLLERR = 0x8;
const POLLHUP = 0x10;

/** Whether nobody can read any more what is written to a pipe or a socket; a write would tell only when there is something to write. */
export function isReaderGone(fd: number): boolean {
  const asked = Int32Array.of(fd, 0); // struct pollfd: int fd; short events; short revents
  if (poll(asked, 1, 0) < 0) return false;
  const [, , , revents = 0] = new Uint16Array(asked.buffer);
  return (revents & (POLLERR | POLLHUP)) !== 0;
}

function cString(path: string): Buffer {
  return Buffer.concat([Buffer.from(fsPath(path)), Buffer.of(0)]);
}
