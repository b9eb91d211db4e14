import type { Config } from "../config/config.ts";
import type { CycleReport, PackReport, SourceReport } from "../cycle/report.ts";
import type { PackRef } from "../pack/ref.ts";
import type { LiveFile } from "../pack/snapshot.ts";
import { printableName } from "../platform/names.ts";
import type { VolumeView } from "../publish/view.ts";
import { scanLive } from "../scan/live.ts";
import { type Check, failed, note, ok } from "./check.ts";

const SYNC = "packsync --once";

/** Whether each pack of the sources is in the volume, and is what its source says; `report` is what a sync would do. */
export function checkPacks({ sources, packs }: CycleReport, view: VolumeView, config: Config): readonly Check[] {
  return [
    ...sources.flatMap(sourceCheck),
    ...packs.flatMap((pack) => [packCheck(pack, config), ...binaryChecks(pack, view, config)]),
  ];
}

function sourceCheck({ name, path, kind, state, held }: SourceReport): readonly Check[] {
  if (held !== undefined) {
    return [
      note("source", `The source ${name} is held (${held}).`, "If it is meant: packsync --once --allow-removals"),
    ];
  }
  if (state === "listed" || (state === "absent" && kind === "development")) return [];
  const what = state === "absent" ? "is not there" : "cannot be read";
  return [failed("source", `The source ${name} ${what}: ${path}`, "Correct the path, or mount what it leads to.")];
}

/** @param config for where its sources are */
export function packCheck(pack: PackReport, { sources }: Pick<Config, "sources">): Check {
  const { ref, source, directory, outcome, release, diagnostics } = pack;
  const path = sources.find(({ name }) => name === source)?.path ?? source;
  switch (outcome) {
    case "unchanged":
      return ok("pack", `${ref}: ${release} is live, and is what ${source} says.`);
    case "published": {
      const what = release === undefined ? "is not in the volume" : `in the volume is not what ${source} says`;
      return failed("pack", `${ref} ${what}.`, SYNC);
    }
    case "rejected": {
      const error = diagnostics.find(({ severity }) => severity === "error");
      const message = `${ref}: what ${source} says is wrong: ${printableName(error?.message ?? "")}`;
      return failed("pack", message, `packsync validate ${path}/${directory}`);
    }
    case "failed":
      return failed(
        "pack",
        `${ref}: ${printableName(diagnostics.at(-1)?.message ?? "failed")}`,
        diagnostics.at(-1)?.hint,
      );
    case "retired":
      return note("pack", `${ref} left its source, and is still in the volume.`, SYNC);
    case "held":
      return note("pack", `${ref} left its source, and waits for a person.`, "packsync --once --allow-removals");
    case "checked":
      return ok("pack", `${ref}: ${path}/${directory} is valid; services read it there.`);
    case "waiting":
      return note("pack", `${ref} is being written.`, "packsync doctor");
    default:
      return outcome satisfies never;
  }
}

/** What the volume has is what runs, whoever put it there. */
function binaryChecks({ ref, release }: PackReport, view: VolumeView, { arch }: Config): readonly Check[] {
  if (release === undefined) return [];
  const root = view.path(ref as PackRef);
  const ledger = view.previous(ref as PackRef)?.files ?? {};
  const live = scanLive({ root, ledger, inspect: () => true });
  const binaries = [...(live?.files ?? [])].filter(([, { elf }]) => elf?.type === "executable");
  return binaries.map(([path, file]) => binaryCheck(`${ref}/${printableName(path)}`, file, arch));
}

export function binaryCheck(name: string, { elf, mode }: LiveFile, arch: readonly string[]): Check {
  if (elf === undefined) return note("binary", `${name} is no binary.`);
  if (!arch.includes(elf.machine)) {
    const message = `${name} is built for ${elf.machine}, wanted is ${arch.join(" or ")}.`;
    return failed("binary", message, `Build it for ${arch[0]}, or say that it is meant: --arch ${elf.machine}.`);
  }
  if ((mode & 0o111) === 0)
    return failed("binary", `${name} is not executable.`, "packsync verify --repair, or chmod +x");
  if (elf.static) return ok("binary", `${name} is static, for ${elf.machine}, and executable.`);
  const needs = [elf.interpreter, ...elf.needed, ...(elf.glibc === undefined ? [] : [`glibc ${elf.glibc}`])];
  const message = `${name} is dynamic: it needs ${needs.filter((each) => each !== undefined).join(", ")}.`;
  return note("binary", message, "Images without these cannot run it: build it static, for example with musl.");
}
