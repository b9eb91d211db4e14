import { ExitCode } from "../errors.ts";
import { keepHeapSmall } from "../platform/small-heap.ts";
import { VERSION } from "../platform/version.ts";
import { type ValidateRequest, type Validation, validate } from "../validate.ts";
import type { CommandContext } from "./context.ts";
import { githubText } from "./github-text.ts";
import { sarifDocument } from "./sarif.ts";
import { paintFor } from "./text.ts";
import { mendedLines, validationText } from "./validate-text.ts";

/** `packsync validate [path…]`: what is wrong with packs where they are written. Ends with 1 while there is an error. */
export async function validateCommand(context: CommandContext, request: ValidateRequest): Promise<ExitCode> {
  const { stdout, stderr, loaded } = context;
  const { format } = loaded.config;
  keepHeapSmall();
  const found = await validate(loaded.config, request);
  const exitCode = found.totals.error > 0 ? ExitCode.packs : ExitCode.ok;
  const isForPrograms = format === "github" || format === "sarif";
  if (isForPrograms) for (const line of mendedLines(found, request.cwd)) stderr.write(`${line}\n`);
  stdout.write(render());
  return exitCode;

  function render(): string {
    switch (format) {
      case "json":
        return asJson({ packsync: VERSION, exitCode, ...document(found) });
      case "sarif":
        return asJson(sarifDocument(found, request.cwd));
      case "github":
        return githubText(found, request.cwd);
      case "text":
        return validationText(found, request.cwd, paintFor(stdout));
      default:
        return format satisfies never;
    }
  }
}

function asJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

function document({ totals, packs, sources, mended }: Validation) {
  return { totals, packs, sources, mended };
}
