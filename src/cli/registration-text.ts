import type { AttuneRound, PackRegistration } from "../catalog/attune-round.ts";
import type { RegistrationReport } from "../catalog/report.ts";
import { printableName } from "../platform/names.ts";
import { type Paint, plural } from "./text.ts";

/** The end of the line about a run or a save: ` · database updated`; nothing where there is no database. */
export function registrationEnd(report: RegistrationReport | undefined): string {
  const attune = report?.attune;
  return attune === undefined ? "" : ` · ${stateText(attune)}`;
}

function stateText({ state, why, packs }: AttuneRound): string {
  switch (state) {
    case "registered":
      return packs.some(({ changed }) => changed) ? "database updated" : "database up to date";
    case "pending":
      return `database pending: ${printableName(why ?? "later")}`;
    case "failed": {
      const failed = packs.filter((pack) => pack.state === "failed").length;
      return why === undefined
        ? `database refused ${plural(failed, "pack")}`
        : `database refused: ${printableName(why)}`;
    }
    default:
      return state satisfies never;
  }
}

/** What is to be said of single packs. */
export function registrationLines(report: RegistrationReport | undefined, paint: Paint): string[] {
  const { attune } = report ?? {};
  const said = attune?.why === undefined ? (attune?.packs ?? []) : [];
  const waiting =
    report?.embedded.pending.map(
      ({ ref, why }) => `  ${ref}  ${paint("yellow", "not registered yet")}: ${printableName(why)}`,
    ) ?? [];
  const admin =
    attune?.admin === undefined
      ? []
      : [`  ${paint("yellow", "database")}: nobody got the permission set: ${printableName(attune.admin)}`];
  return [...waiting, ...admin, ...said.flatMap((pack) => packLines(pack, paint))];
}

function packLines({ ref, state, why, warnings }: PackRegistration, paint: Paint): string[] {
  const failed =
    why === undefined
      ? []
      : [`  ${paint("bold", ref)}  ${paint("red", `registration ${state}`)}: ${printableName(why)}`];
  const others = warnings.map(
    (warning) => `  ${paint("bold", ref)}  ${paint("yellow", "database")}: ${printableName(warning)}`,
  );
  return [...failed, ...others];
}
