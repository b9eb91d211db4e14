import type { Diagnostic } from "../pack/diagnostics.ts";
import type { RegisteredPack, RegisterReport, UnregisteredPack } from "./stages.ts";

/** The platform's names for how many components there are of which kind. */
const COUNTED = {
  actions: "action",
  sensors: "sensor",
  triggers: "trigger",
  rules: "rule",
  workflows: "workflow",
  policies: "policy",
} as const;

/** As `POST /api/v1/packs/register-batch` of the platform answers. */
export function registerDocument({ registered, failed, durationMs }: RegisterReport) {
  const registeredPacks = registered.map(registeredDocument);
  return {
    registered_packs: registeredPacks,
    failed_packs: failed.map(failedDocument),
    summary: {
      total_packs: registered.length + failed.length,
      success_count: registered.length,
      failure_count: failed.length,
      total_components: registeredPacks.reduce(
        (sum, { components_registered: counts }) => sum + Object.values(counts).reduce((a, b) => a + b, 0),
        0,
      ),
      duration_ms: durationMs,
    },
  };
}

function registeredDocument(pack: RegisteredPack) {
  const { tests, diagnostics } = pack;
  const counts = Object.entries(COUNTED).map(([name, kind]) => [name, pack.components[kind] ?? 0] as const);
  return {
    pack_ref: pack.packRef,
    pack_id: pack.packId,
    pack_version: pack.version,
    storage_path: pack.storagePath,
    release: pack.release,
    components_registered: Object.fromEntries(counts),
    test_result: tests
      ? { status: tests.status, total_tests: tests.totalTests, passed: tests.passed, failed: tests.failed }
      : null,
    validation_results: validationDocument(diagnostics),
  };
}

function failedDocument({ packRef, packPath, stage, error, hint, diagnostics }: UnregisteredPack) {
  return {
    pack_ref: packRef,
    pack_path: packPath,
    error,
    error_stage: stage === "conflict" ? "registration" : stage,
    ...(hint !== undefined && { hint }),
    ...(diagnostics.length > 0 && { validation_results: validationDocument(diagnostics) }),
  };
}

function validationDocument(diagnostics: readonly Diagnostic[]) {
  const errors = diagnostics.filter(({ severity }) => severity === "error");
  return { valid: errors.length === 0, errors: errors.map(sentence) };
}

/** `actions/echo.yaml:2:15: Expected …`. */
function sentence({ file, line, column, message }: Diagnostic): string {
  const place = [file, line, column].filter((part) => part !== undefined).join(":");
  return place === "" ? message : `${place}: ${message}`;
}
