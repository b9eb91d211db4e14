import type { TestStatus, TestSuite } from "../stages.ts";

export type TestCase = TestSuite["testCases"][number];

/** What a runner's results say, in whatever format. */
export interface Results {
  readonly total: number;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** As far as they are known by name. */
  readonly testCases: readonly TestCase[];
}

/** Results that cannot be read, and why. */
export interface Unreadable {
  readonly problem: string;
}

export function testCase(name: string, status: TestStatus, about: Partial<TestCase> = {}): TestCase {
  return { durationMs: 0, errorMessage: undefined, stdout: undefined, stderr: undefined, ...about, name, status };
}

export function resultsOf(testCases: readonly TestCase[]): Results {
  const count = (...statuses: readonly TestStatus[]) =>
    testCases.filter((each) => statuses.includes(each.status)).length;
  return {
    total: testCases.length,
    passed: count("passed"),
    failed: count("failed", "error"),
    skipped: count("skipped"),
    testCases,
  };
}

/** Of names and messages that a pack writes, in characters. */
const MAX_NAME = 500;
const MAX_MESSAGE = 8000;

export function shortName(name: string): string {
  return name.slice(0, MAX_NAME) || "unnamed";
}

export function shortMessage(message: string): string | undefined {
  return message.trim().slice(0, MAX_MESSAGE) || undefined;
}
