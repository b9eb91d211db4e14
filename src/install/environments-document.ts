import type { Environment, EnvironmentReport } from "./stages.ts";

/** As `POST /api/v1/packs/build-envs` of the platform answers. */
export function environmentsDocument({ packs, failed, durationMs }: EnvironmentReport) {
  const built = packs.map((pack) => ({
    pack_ref: pack.packRef,
    pack_path: pack.packPath,
    environments: { python: pythonOf(pack.environments), nodejs: nodejsOf(pack.environments) },
    duration_ms: pack.durationMs,
  }));
  const all = new Set([...packs, ...failed].map(({ packPath }) => packPath)).size;
  const failures = new Set(failed.map(({ packPath }) => packPath)).size;
  return {
    built_environments: built,
    failed_environments: failed.map(({ packRef, packPath, runtime, error, hint }) => ({
      ...{ pack_ref: packRef, pack_path: packPath, runtime, error },
      ...(hint !== undefined && { hint }),
    })),
    summary: {
      total_packs: all,
      success_count: all - failures,
      failure_count: failures,
      python_envs_built: built.filter(({ environments }) => environments.python?.requirements_installed).length,
      nodejs_envs_built: built.filter(({ environments }) => environments.nodejs?.dependencies_installed).length,
      total_duration_ms: durationMs,
    },
  };
}

function pythonOf(environments: readonly Environment[]) {
  const found = environments.find(({ runtime }) => runtime === "python");
  if (found === undefined) return null;
  return {
    virtualenv_path: found.path,
    requirements_installed: found.outcome !== "absent",
    package_count: found.packageCount,
    python_version: found.runtimeVersion,
  };
}

function nodejsOf(environments: readonly Environment[]) {
  const found = environments.find(({ runtime }) => runtime === "nodejs");
  if (found === undefined) return null;
  return {
    node_modules_path: `${found.path}/node_modules`,
    dependencies_installed: found.outcome !== "absent",
    package_count: found.packageCount,
    nodejs_version: found.runtimeVersion,
  };
}
