import { basename, delimiter, dirname } from "node:path";

/** What tests get of packsync's own environment: nothing that may hold a credential. */
const PASSED = /^(HOME|LANG|LANGUAGE|LC_.*|LOGNAME|SHELL|TERM|TMPDIR|TZ|USER)$/;

/** Where programs are if nobody says it. */
const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/**
 * The environment of a pack's tests.
 *
 * @param envs directories with the programs of the pack's own environments; Node finds the libraries beside its `.bin`
 * @param home where the user has none that is theirs to use
 */
export function testEnvironment(envs: readonly string[], home: string | undefined): Record<string, string> {
  const passed = Object.entries(process.env).filter(([name]) => PASSED.test(name));
  const modules = envs.filter((path) => basename(path) === ".bin").map((path) => dirname(path));
  return {
    ...Object.fromEntries(passed.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))),
    PATH: [...envs, process.env["PATH"] ?? PATH].join(delimiter),
    PYTHONDONTWRITEBYTECODE: "1", // a pack is not changed by its tests
    PYTHONUNBUFFERED: "1", // lines come when they are written
    ...(modules.length > 0 && { NODE_PATH: modules.join(delimiter) }),
    ...(home !== undefined && { HOME: home }),
  };
}
