import type { EnvironmentStanding, EnvironmentsBuilt } from "../environments-built.ts";
import { printableName } from "../platform/names.ts";
import { type Paint, plural } from "./text.ts";

/** What came of packs' environments, a line each. */
export function environmentLines({ built, failed }: EnvironmentsBuilt, paint: Paint): readonly string[] {
  return [
    ...built.map(({ pack, runtime, packageCount, runtimeVersion }) => {
      const about = `${runtimeVersion}, ${plural(packageCount, "package")}`;
      return `${paint("bold", pack)}  ${runtime} environment ${paint("green", "built")}  ${paint("dim", about)}`;
    }),
    ...failed.flatMap(({ pack, runtime, error, hint }) => [
      `${paint("bold", pack)}  ${runtime} environment ${paint("yellow", "failed")}`,
      ...error.split("\n").map((line) => `  ${printableName(line)}`),
      ...(hint === undefined ? [] : [`  ${paint("dim", "→")} ${printableName(hint)}`]),
    ]),
  ];
}

/** Only those that a person should know of. */
export function environmentTrouble(standings: readonly EnvironmentStanding[], paint: Paint): readonly string[] {
  return standings.flatMap(({ pack, runtime, state, error = "", since, packageCount, runtimeVersion }) => {
    if (state === "built") return [];
    if (state === "missing") return [`${paint("yellow", "no environment")}  ${pack} ${runtime}: it was not built yet`];
    const used =
      runtimeVersion === undefined ? "" : `; ${runtimeVersion} with ${plural(packageCount, "package")} is used`;
    const [first = "", why = ""] = error.split("\n").map(printableName);
    return [
      `${paint("yellow", "no new environment")}  ${pack} ${runtime} since ${since}${used}: ${first} ${why}`.trimEnd(),
    ];
  });
}
