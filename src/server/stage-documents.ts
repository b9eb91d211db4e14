import * as z from "zod";

/** What the stages after the download answer, as the platform documents it. */

const dependency = z.object({
  pack_ref: z.string(),
  version_spec: z.string().describe("A range of versions; `*`: any"),
  required_by: z.string(),
  already_installed: z.boolean(),
});

export const dependencies = z.looseObject({
  dependencies: z.array(dependency),
  runtime_requirements: z.record(
    z.string(),
    z.object({
      pack_ref: z.string(),
      python: z.object({ version: z.string().nullable(), requirements_file: z.string().nullable() }).nullable(),
      nodejs: z.object({ version: z.string().nullable(), package_file: z.string().nullable() }).nullable(),
    }),
  ),
  missing_dependencies: z.array(dependency),
  analyzed_packs: z.array(
    z.object({
      pack_ref: z.string(),
      pack_path: z.string(),
      has_dependencies: z.boolean(),
      dependency_count: z.int(),
    }),
  ),
  errors: z.array(z.object({ pack_path: z.string(), error: z.string() })),
});

export const environments = z.looseObject({
  built_environments: z.array(
    z.object({
      pack_ref: z.string(),
      pack_path: z.string(),
      environments: z.object({
        python: z
          .object({
            virtualenv_path: z.string(),
            requirements_installed: z.boolean(),
            package_count: z.int(),
            python_version: z.string(),
          })
          .nullable(),
        nodejs: z
          .object({
            node_modules_path: z.string(),
            dependencies_installed: z.boolean(),
            package_count: z.int(),
            nodejs_version: z.string(),
          })
          .nullable(),
      }),
      duration_ms: z.int(),
    }),
  ),
  failed_environments: z.array(
    z.object({
      pack_ref: z.string(),
      pack_path: z.string(),
      runtime: z.string(),
      error: z.string(),
      hint: z.string().optional(),
    }),
  ),
  summary: z.object({
    total_packs: z.int(),
    success_count: z.int(),
    failure_count: z.int(),
    python_envs_built: z.int(),
    nodejs_envs_built: z.int(),
    total_duration_ms: z.int(),
  }),
});

const testCase = z.object({
  name: z.string(),
  status: z.enum(["passed", "failed", "skipped", "error"]),
  durationMs: z.number(),
  errorMessage: z.string().nullable(),
  stdout: z.string().nullable(),
  stderr: z.string().nullable(),
});

/** In the platform's names, which are other ones here. */
export const testResult = z.looseObject({
  packRef: z.string(),
  packVersion: z.string(),
  executionTime: z.string(),
  status: z.enum(["passed", "failed", "skipped", "partial"]),
  totalTests: z.int(),
  passed: z.int(),
  failed: z.int(),
  skipped: z.int(),
  passRate: z.number(),
  durationMs: z.number(),
  testSuites: z.array(
    z.object({
      name: z.string(),
      runnerType: z.string(),
      total: z.int(),
      passed: z.int(),
      failed: z.int(),
      skipped: z.int(),
      durationMs: z.number(),
      testCases: z.array(testCase),
    }),
  ),
});

const registered = z.looseObject({
  pack_ref: z.string(),
  pack_id: z.int(),
  pack_version: z.string(),
  storage_path: z.string(),
  components_registered: z.record(z.string(), z.int()),
  test_result: z.looseObject({ status: z.string(), total_tests: z.int(), passed: z.int(), failed: z.int() }).nullable(),
  validation_results: z.looseObject({ valid: z.boolean(), errors: z.array(z.string()) }),
});

export const registration = z.looseObject({
  registered_packs: z.array(registered),
  failed_packs: z.array(
    z.looseObject({ pack_ref: z.string(), pack_path: z.string(), error: z.string(), error_stage: z.string() }),
  ),
  summary: z.object({
    total_packs: z.int(),
    success_count: z.int(),
    failure_count: z.int(),
    total_components: z.int(),
    duration_ms: z.int(),
  }),
});
