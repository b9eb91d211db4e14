import { ask } from "../ask.ts";
import { ExitCode } from "../errors.ts";
import { printableName } from "../platform/names.ts";
import { VERSION } from "../platform/version.ts";
import { readServices } from "../services.ts";
import type { CommandContext } from "./context.ts";
import { attemptLines, servicesLines } from "./service-text.ts";
import { paintFor } from "./text.ts";

/** `packsync services [service]`: where services stand, and what they were told; takes no lock. */
export async function servicesCommand(
  { loaded: { config }, stdout }: CommandContext,
  service: string | undefined,
): Promise<ExitCode> {
  const { services, history } = await readServices(config, service);
  if (config.format === "json") {
    stdout.write(`${JSON.stringify({ packsync: VERSION, volume: config.volume, services, history }, null, 2)}\n`);
    return ExitCode.ok;
  }
  const paint = paintFor(stdout);
  const evidence = services.flatMap(({ service: name, state, evidence: lines }) =>
    state === "unhealthy" ? [`  ${printableName(name)}:`, ...lines.map((line) => `    ${printableName(line)}`)] : [],
  );
  const lines = [...servicesLines(services, paint).map((line) => `  ${line}`), ...evidence];
  const told = attemptLines(history, paint).map((line) => `  ${line}`);
  stdout.write(`${[...lines, ...(told.length === 0 ? [] : ["", ...told])].join("\n") || NOBODY}\n`);
  return ExitCode.ok;
}

const NOBODY = "No service was concerned by a publish yet; packsync plan says whom one would concern.";

/** `packsync notify <service>`: tells one now; ends with 1 unless it was told, and is back. */
export async function notifyCommand(context: CommandContext, service: string): Promise<ExitCode> {
  const { loaded, log, stdout, abort } = context;
  const { config } = loaded;
  const report = await ask("notify", { service }, { config, log, doing: "notify" }, abort);
  if (config.format === "json") stdout.write(`${JSON.stringify({ packsync: VERSION, ...report }, null, 2)}\n`);
  else {
    const why = report.why === undefined ? "" : `: ${printableName(report.why)}`;
    const head = `${printableName(service)}  ${report.ending} in ${Math.round(report.tookMs)} ms${why}`;
    stdout.write(`${[head, ...report.evidence.map((line) => `  ${printableName(line)}`)].join("\n")}\n`);
  }
  return report.ending === "told" ? ExitCode.ok : ExitCode.packs;
}
