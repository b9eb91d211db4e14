import { ExitCode } from "../errors.ts";
import type { PackTestResult, TestStatus, TestSuite } from "../install/stages.ts";
import { testsDocument } from "../install/tests-document.ts";
import { type PackTests, testPacks } from "../pack-tests.ts";
import { printableName } from "../platform/names.ts";
import { VERSION } from "../platform/version.ts";
import type { CommandContext } from "./context.ts";
import { columns, type Paint, paintFor, plural } from "./text.ts";

export interface TestFlags {
  readonly output?: boolean;
}

/** `packsync test <ref|path…>`. */
export async function testCommand(
  context: CommandContext,
  packs: readonly string[],
  flags: TestFlags,
): Promise<ExitCode> {
  const { loaded, cwd, stdout, stderr, abort } = context;
  const onLine = flags.output
    ? (pack: string, line: string) => void stderr.write(`${pack}: ${printableName(line)}\n`)
    : undefined;
  const tests = await testPacks(loaded.config, { packs, cwd, onLine }, abort);
  const isBad = tests.failed.length > 0 || tests.tested.some(({ status }) => status === "failed");
  const exitCode = isBad ? ExitCode.packs : ExitCode.ok;
  const { untested, failed } = tests;
  const document = { packsync: VERSION, exitCode, results: tests.tested.map(testsDocument), untested, failed };
  stdout.write(
    loaded.config.format === "json" ? `${JSON.stringify(document, null, 2)}\n` : testText(tests, paintFor(stdout)),
  );
  return exitCode;
}

function testText({ tested, untested, failed }: PackTests, paint: Paint): string {
  const count = (wanted: PackTestResult["status"]) => tested.filter(({ status }) => status === wanted).length;
  const bad = count("failed") + failed.length;
  const lines = [
    ...tested.flatMap((result) => resultLines(result, paint)),
    ...untested.map((ref) => `${paint("bold", ref)}  no tests`),
    ...failed.flatMap(({ pack, error, hint }) => [
      `${paint("bold", printableName(pack))}  ${paint("red", "failed")}  ${printableName(error)}`,
      ...(hint === undefined ? [] : [`  ${paint("dim", "→")} ${printableName(hint)}`]),
    ]),
    `${plural(tested.length, "pack")} tested, ${bad} failed`,
  ];
  return `${lines.join("\n")}\n`;
}

const COLORS: Readonly<Record<TestStatus | PackTestResult["status"], Parameters<Paint>[0]>> = {
  passed: "green",
  partial: "yellow",
  skipped: "yellow",
  failed: "red",
  error: "red",
};

function resultLines(result: PackTestResult, paint: Paint): string[] {
  const { packRef, packVersion, status, totalTests, passed, durationMs, testSuites, blocks } = result;
  const about = `${passed} of ${plural(totalTests, "test")} passed in ${secondsText(durationMs)}`;
  const enough = status === "failed" && !blocks ? ", which does not keep it from being registered" : "";
  const rows = testSuites.map((suite) => suiteRow(suite, paint));
  return [
    `${paint("bold", packRef)} ${packVersion}  ${paint(COLORS[status], status)}  ${about}${enough}`,
    ...columns(rows).map((line) => `  ${line}`),
    ...testSuites.flatMap((suite) => suite.testCases.filter(isBad).flatMap((each) => caseLines(suite, each, paint))),
  ];
}

type TestCase = TestSuite["testCases"][number];

function isBad({ status }: TestCase): boolean {
  return status === "failed" || status === "error";
}

function suiteRow({ name, runnerType, total, passed, failed, skipped, durationMs }: TestSuite, paint: Paint): string[] {
  const counts = [
    `${passed} passed`,
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(skipped > 0 ? [`${skipped} skipped`] : []),
  ];
  const color = failed > 0 ? "red" : passed === total ? "green" : "yellow";
  return [printableName(name), printableName(runnerType), paint(color, counts.join(", ")), secondsText(durationMs)];
}

function secondsText(durationMs: number): string {
  return durationMs < 1000 ? `${durationMs} ms` : `${(durationMs / 1000).toFixed(1)} s`;
}

function caseLines(suite: TestSuite, { name, status, errorMessage, stdout, stderr }: TestCase, paint: Paint): string[] {
  return [
    `  ${paint(COLORS[status], status)} ${printableName(`${suite.name}: ${name}`)}`,
    ...endLines(errorMessage, MAX_LINES).map((line) => `    ${line}`),
    ...[stdout, stderr].flatMap((text) => endLines(text, MAX_LINES).map((line) => `    ${paint("dim", `| ${line}`)}`)),
  ];
}

/** Of each text; JSON has more. */
const MAX_LINES = 20;

function endLines(text: string | undefined, most: number): string[] {
  const lines = (text ?? "").trimEnd().split("\n");
  if (lines.length === 1 && lines[0] === "") return [];
  const end = lines.slice(-most).map((line) => printableName(line.replace(/\r$/, "")));
  return lines.length > most ? ["…", ...end] : end;
}
