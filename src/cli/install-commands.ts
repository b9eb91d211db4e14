import type { Command } from "commander";
import type { BuildEnvsFlags } from "./build-envs-command.ts";
import type { RunCommand } from "./context.ts";
import type { DownloadFlags } from "./download-command.ts";

/** Adds the stages of an installation. */
export function addInstallCommands(program: Command, run: RunCommand, refuseDryRun: (what: string) => void): void {
  program.commandsGroup("Install packs:");
  program
    .command("download")
    .argument("<source...>", "a name in a registry, github:org/repo@ref, a URL of git or of an archive, a path")
    .description("fetch packs from elsewhere into a directory, each to <dir>/<ref>; ends with 1 if one failed")
    .option("--to <dir>", "the directory", "pack-downloads")
    .option("--ref <ref>", "branch, tag or commit, for git sources that name none")
    .option("--registry <url...>", "indexes of packs, the first one that has a pack gives it")
    .option("--timeout <s>", "for each pack", "300")
    .option(
      "--cache <dir>",
      "where archives and indexes are kept (default: packsync in $XDG_CACHE_HOME, or in ~/.cache)",
    )
    .option("--no-cache", "keep none")
    .option("--allow-private <host...>", "hosts that may have private addresses, as host or host:port; * for all")
    .option("--allow-http", "registries, and archives that they name, may be without TLS")
    .option("--insecure", "certificates do not count")
    .action(async (sources: string[], flags: DownloadFlags) =>
      run(async (context) => {
        refuseDryRun("download");
        return (await import("./download-command.ts")).downloadCommand(context, sources, flags);
      }),
    );
  program
    .command("build-envs")
    .argument("<path...>", "directories of packs")
    .description("build the Python and Node.js environments that packs need; ends with 1 if one failed")
    .option("--envs <dir>", "where: <dir>/<ref>/<runtime> (default: RUNTIME_ENVS_DIR)")
    .option("--python-version <version>", "for packs that say nothing: this one, or a newer one")
    .option("--nodejs-version <version>", "likewise")
    .option("--skip-python", "leave Python out")
    .option("--skip-nodejs", "leave Node.js out")
    .option("--force-rebuild", "build anew what is there, too")
    .option("--timeout <s>", "for each pack", "600")
    .option("--detect", "only say what is there")
    .action(async (paths: string[], flags: BuildEnvsFlags) =>
      run(async (context) => {
        refuseDryRun("build-envs");
        return (await import("./build-envs-command.ts")).buildEnvsCommand(context, paths, flags);
      }),
    );
}
