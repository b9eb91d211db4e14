import { type Command, Option } from "commander";
import type { Flags } from "../config/flags.ts";

/** The values of all flags, as commander has them. */
export interface Options extends Flags {
  readonly once?: boolean;
  readonly dryRun?: boolean;
}

/** Adds what every command takes. */
export function addOptions(program: Command): void {
  const add = (flags: string, description: string): void => void program.addOption(new Option(flags, description));
  program.optionsGroup("What to do:");
  add("--once", "one sync, then exit; without it packsync stays and watches");
  add("-n, --dry-run", "only say what would be done");
  add("--only <ref,…>", "only these packs");
  add("--require <ref,…>", "end with 0 exactly if these packs are live");
  add("--allow-removals", "end a hold: retire what vanished from the sources");
  program.optionsGroup("Where:");
  add("-c, --config <file>", "configuration file (default: ./packsync.yaml, if there is one)");
  program.addOption(
    new Option("--packs <[name=]dir>", "a source of production packs; repeatable (default: ./packs)").argParser(
      (value: string, before: readonly string[] = []) => [...before, value],
    ),
  );
  add("--packs-dev <dir>", "the source of development packs (default: ./packs.dev)");
  add("--volume <dir>", "the directory that the services mount (default: ./volume)");
  add("--state-dir <dir>", "where database and lock are (default: <volume>/.packsync)");
  program.optionsGroup("How:");
  add("--owner <uid:gid>", "who owns what packsync makes (default, as root: the volume's owner)");
  add("--user <uid:gid>", "whom root becomes once the volume is prepared (default: it stays root)");
  add("--preserve <policy>", "binaries in the volume that are not packsync's: static-elf, always, off");
  add("--arch <arch,…>", "wanted architectures, e.g. x86_64,aarch64 (default: this machine's)");
  add("--adopt <policy>", "packs in the volume that packsync did not publish: merge, never");
  add("--database-url <url>", "Attune's database, where packs are registered; PACKSYNC_DATABASE_URL hides it from ps");
  add("--database-timeout <t>", "how long --once waits for a database that does not answer (default: 60s)");
  add("--preset <name>", "whom changes concern: attune, attune-restart, stackstorm, none (default: attune)");
  add("--listen <host:port>", "also serve the HTTP API there, as packsync serve does (default: nowhere)");
  add("--lock-timeout <s>", "how long to wait for another packsync (default: 30)");
  program.optionsGroup("Output:");
  add("--format <format>", "text, or json: one document on stdout; of validate also github, sarif");
  add("--log-level <level>", "trace, debug, info, warn, error, silent (default: warn)");
  add("--log-style <style>", "auto, pretty, json; logs go to stderr");
  add("-q, --quiet", "only errors in the log");
  add("-v, --verbose", "also what happened to each pack in the log");
}
