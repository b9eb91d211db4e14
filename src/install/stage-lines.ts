import type { Downloads } from "./download.ts";
import { shownUrl } from "./shown-url.ts";
import type { Dependency, DependencyReport, OnStage, RegisterReport } from "./stages.ts";

/*
 * What came of a stage, for who waits for an installation: a line each, beside those that programs write.
 */

export function tellDownloads({ downloaded, failed }: Downloads, onStage: OnStage): void {
  for (const { source, packRef, packVersion, gitCommit } of downloaded) {
    const commit = gitCommit === undefined ? "" : `, commit ${gitCommit}`;
    onStage({ stage: "download", pack: shownUrl(source), line: `${packRef} ${packVersion}${commit}` });
  }
  for (const { source, error } of failed) onStage({ stage: "download", pack: shownUrl(source), line: error });
}

/** @param isAsked whether a pack is one of those that were fetched just now */
export function tellDependencies(
  { analyzed }: DependencyReport,
  isAsked: (packRef: string) => boolean,
  onStage: OnStage,
): void {
  for (const { packRef, dependencies } of analyzed)
    if (isAsked(packRef))
      for (const each of dependencies) onStage({ stage: "dependencies", pack: packRef, line: dependencyLine(each) });
}

function dependencyLine({ packRef, versionSpec, alreadyInstalled, found }: Dependency): string {
  const what = `needs ${packRef} ${versionSpec}`;
  if (found === undefined) return `${what}: not there`;
  if (alreadyInstalled) return `${what}: ${found.version} is in the volume`;
  return `${what}: ${found.version} ${found.from === "comes along" ? "comes along" : "is in the volume"}`;
}

export function tellRegistration({ registered, failed }: RegisterReport, onStage: OnStage): void {
  for (const { packRef, version, release } of registered)
    onStage({ stage: "register", pack: packRef, line: `${version} is live as ${release}` });
  for (const { packRef, error } of failed) onStage({ stage: "register", pack: packRef, line: error });
}
