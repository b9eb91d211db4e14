import type { Command } from "commander";
import type { BuildEnvsFlags } from "./build-envs-command.ts";
import type { Commands } from "./commands.ts";
import type { RunCommand } from "./context.ts";
import type { DependenciesFlags } from "./dependencies-command.ts";
import type { DownloadFlags } from "./download-command.ts";
import { addFetchOptions, type FetchFlags, submodulesOption } from "./fetch-options.ts";
import type { InstallFlags } from "./install-command.ts";
import type { RegisterFlags } from "./register-command.ts";
import type { TestFlags } from "./test-command.ts";

/** Adds the stages of an installation. */
export function addInstallCommands(
  program: Command,
  commands: Commands,
  run: RunCommand,
  refuseDryRun: (what: string) => void,
): void {
  commands.group("Install packs:");
  commands.add("install", (command) =>
    addFetchOptions(command)
      .argument("<source...>", "as of download")
      .description("all of the stages below, for packs and what they need; all of it is done, or nothing is changed")
      .option("--ref <ref>", "branch, tag or commit, for git sources that name none")
      .option("--timeout <s>", "of each download, and of each environment", "300")
      .addOption(submodulesOption())
      .option("--force", "replace what is installed already; failing tests do not count")
      .option("--skip-deps", "do not look at what the packs need of each other")
      .option("--skip-envs", "build no environments")
      .option("--skip-tests", "do not run the packs' own tests")
      .option("--skip-validation", "publish in spite of errors")
      .action(async (sources: string[], flags: InstallFlags) =>
        run(async (context) => {
          const dryRun = program.opts<{ dryRun?: boolean }>().dryRun === true;
          return (await import("./install-command.ts")).installCommand(context, sources, { ...flags, dryRun });
        }),
      ),
  );
  commands.add("download", (command) =>
    addFetchOptions(command)
      .argument("<source...>", "a name in a registry, github:org/repo@ref, a URL of git or of an archive, a path")
      .description("fetch packs from elsewhere into a directory, each to <dir>/<ref>; ends with 1 if one failed")
      .option("--to <dir>", "the directory", "pack-downloads")
      .option("--ref <ref>", "branch, tag or commit, for git sources that name none")
      .option("--timeout <s>", "for each pack", "300")
      .addOption(submodulesOption())
      .action(async (sources: string[], flags: DownloadFlags) =>
        run(async (context) => {
          refuseDryRun("download");
          return (await import("./download-command.ts")).downloadCommand(context, sources, flags);
        }),
      ),
  );
  commands.add("search", (command) =>
    addFetchOptions(command)
      .argument("<word...>", "what a pack has in its ref, label, description or keywords; all of them")
      .description("packs of registries, and what of them is installed; ends with 1 if there is none")
      .action(async (words: string[], flags: FetchFlags) =>
        run(async (context) => {
          refuseDryRun("search");
          return (await import("./search-command.ts")).searchCommand(context, words, flags);
        }),
      ),
  );
  commands.add("dependencies", (command) =>
    command
      .argument("<path...>", "directories of packs")
      .description("what packs need of each other and of runtimes; ends with 1 if something is missing or in conflict")
      .option("--skip-validation", "only names count: no versions, nor what is wrong in a pack.yaml")
      .action(async (paths: string[], flags: DependenciesFlags) =>
        run(async (context) => {
          refuseDryRun("dependencies");
          return (await import("./dependencies-command.ts")).dependenciesCommand(context, paths, flags);
        }),
      ),
  );
  commands.add("register", (command) =>
    command
      .argument("<path...>", "directories of packs; one in the volume is adopted as it is")
      .description(
        "validate packs, run their tests, publish them into the volume and register them; ends with 1 if one failed",
      )
      .option("--force", "replace what is installed already; failing tests do not count")
      .option("--skip-tests", "do not run the packs' own tests")
      .option("--skip-validation", "publish in spite of errors")
      .action(async (paths: string[], flags: RegisterFlags) =>
        run(async (context) => {
          refuseDryRun("register");
          return (await import("./register-command.ts")).registerCommand(context, paths, flags);
        }),
      ),
  );
  commands.add("uninstall", (command) =>
    command
      .argument("<pack>", "its ref")
      .description("take an installed pack out of the volume and the catalogs; its releases stay in history")
      .action(async (pack: string) =>
        run(async (context) => {
          refuseDryRun("uninstall");
          return (await import("./uninstall-command.ts")).uninstallCommand(context, pack);
        }),
      ),
  );
  commands.add("test", (command) =>
    command
      .argument("<pack...>", "a pack's ref, to test a copy of what is live; or a path, to test what stands there")
      .description("run packs' own tests, as pack.yaml names them; ends with 1 if some failed")
      .option("--output", "show what they write while they run")
      .action(async (packs: string[], flags: TestFlags) =>
        run(async (context) => {
          refuseDryRun("test");
          return (await import("./test-command.ts")).testCommand(context, packs, flags);
        }),
      ),
  );
  commands.add("serve", (command) =>
    command
      .description("the HTTP API at --listen (default: 127.0.0.1:8080), without watching, until it is stopped")
      .action(async () =>
        run(async (context) => {
          refuseDryRun("serve");
          return (await import("./serve-command.ts")).serveCommand(context);
        }),
      ),
  );
  commands.add("build-envs", (command) =>
    command
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
      ),
  );
}
