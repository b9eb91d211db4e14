import type { PackTestResult } from "./stages.ts";

/** As `POST /api/v1/packs/{ref}/test` of the platform answers; `blocks` is packsync's own. */
export function testsDocument({ testSuites, ...result }: PackTestResult) {
  return {
    ...result,
    testSuites: testSuites.map(({ testCases, ...suite }) => ({
      ...suite,
      testCases: testCases.map(({ errorMessage, stdout, stderr, ...each }) => ({
        ...each,
        errorMessage: errorMessage ?? null,
        stdout: stdout ?? null,
        stderr: stderr ?? null,
      })),
    })),
  };
}
