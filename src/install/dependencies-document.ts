import type { AnalyzedPack, Dependency, DependencyReport } from "./stages.ts";

/** As `POST /api/v1/packs/dependencies` of the platform answers, and what conflicts, what is circular, and the order beside it. */
export function dependenciesDocument(report: DependencyReport) {
  const { analyzed, missing, conflicting, circular, order, errors } = report;
  return {
    dependencies: analyzed.flatMap(({ dependencies }) => dependencies).map(dependencyDocument),
    runtime_requirements: Object.fromEntries(
      analyzed.filter(needsRuntime).map((pack) => [pack.packRef, runtimeDocument(pack)]),
    ),
    missing_dependencies: missing.map(dependencyDocument),
    analyzed_packs: analyzed.map(({ packRef, packPath, dependencies }) => ({
      pack_ref: packRef,
      pack_path: packPath,
      has_dependencies: dependencies.length > 0,
      dependency_count: dependencies.length,
    })),
    errors: errors.map(({ packPath, error }) => ({ pack_path: packPath, error })),
    conflicting_dependencies: conflicting.map((each) => ({
      ...dependencyDocument(each),
      found_version: each.found?.version ?? null,
    })),
    circular_dependencies: circular,
    install_order: order,
  };
}

function dependencyDocument({ packRef, versionSpec, requiredBy, alreadyInstalled }: Dependency) {
  return {
    pack_ref: packRef,
    version_spec: versionSpec,
    required_by: requiredBy,
    already_installed: alreadyInstalled,
  };
}

function needsRuntime({ runtimes: { python, nodejs } }: AnalyzedPack): boolean {
  return python !== undefined || nodejs !== undefined;
}

function runtimeDocument({ packRef, runtimes: { python, nodejs } }: AnalyzedPack) {
  return {
    pack_ref: packRef,
    python: python ? { version: python.version ?? null, requirements_file: python.requirementsFile ?? null } : null,
    nodejs: nodejs ? { version: nodejs.version ?? null, package_file: nodejs.packageFile ?? null } : null,
  };
}
