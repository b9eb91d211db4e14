import { type Results, resultsOf, shortMessage, shortName, testCase, type Unreadable } from "./results.ts";

/** TAP, with subtests; what does not keep to its own plan is not to be trusted. */
export async function readTap(text: string): Promise<Results | Unreadable> {
  const { Parser } = await import("tap-parser");
  const events: readonly (readonly unknown[])[] = Parser.parse(text, { flat: true });
  const asserts = events.flatMap(([kind, about]) => (kind === "assert" ? [about as Assert] : []));
  const end = events.find(([kind]) => kind === "complete")?.[1] as Complete | undefined;
  if (end?.bailout) return { problem: `Expected TAP to its end, got \`Bail out!\` ${saidBy(end.bailout)}`.trim() };
  const wrong = end?.failures.find((each) => each.tapError)?.tapError;
  if (wrong !== undefined && wrong !== null)
    return { problem: `Expected TAP that keeps to its plan, got: ${saidBy(wrong)}` };
  return resultsOf(
    asserts.map(({ ok, fullname, name, skip, todo, time, diag }) => {
      const status = skip || todo ? "skipped" : ok ? "passed" : "failed";
      const errorMessage = shortMessage(saidBy(diag?.["message"] ?? diag?.["error"] ?? ""));
      return testCase(shortName(fullname || name), status, { durationMs: Math.round(time ?? 0), errorMessage });
    }),
  );
}

interface Assert {
  readonly ok: boolean;
  readonly name: string;
  readonly fullname: string;
  readonly skip: string | boolean;
  readonly todo: string | boolean;
  readonly time: number | null;
  readonly diag: Readonly<Record<string, unknown>> | null;
}

interface Complete {
  readonly bailout: string | boolean;
  readonly failures: readonly { readonly tapError?: unknown }[];
}

function saidBy(value: unknown): string {
  return typeof value === "string" ? value.slice(0, 500) : "";
}
