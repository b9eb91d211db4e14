import type { z } from "zod";
import type * as documents from "../../src/server/dashboard/documents.ts";
import type * as jobs from "../../src/server/jobs/job-document.ts";

/** What the API answers, typed by its schemas; nothing of them is in the page's program. */
export type Overview = z.infer<typeof documents.overview>;
export type DaemonStatus = z.infer<typeof documents.daemonStatus>;
export type PackRow = z.infer<typeof documents.packRow>;
export type PackState = PackRow["state"];
export type PackDetail = z.infer<typeof documents.packDetail>;
export type ShownFinding = z.infer<typeof documents.shownFinding>;
export type SourceRow = z.infer<typeof documents.sourceRow>;
export type ServiceRow = z.infer<typeof documents.serviceRow>;
export type StageRow = z.infer<typeof documents.stageRow>;
export type Files = z.infer<typeof documents.files>;
export type FileRow = z.infer<typeof documents.fileRow>;
export type ComponentRow = z.infer<typeof documents.componentRow>;
export type ReleaseDiff = z.infer<typeof documents.releaseDiff>;
export type LiveEvent = z.infer<typeof documents.event>;
export type EventPage = z.infer<typeof documents.eventPage>;
export type Series = z.infer<typeof documents.series>;
export type Session = z.infer<typeof documents.session>;
export type Job = z.infer<typeof jobs.JobDocument>;
export type JobWithResult = z.infer<typeof jobs.JobWithResultDocument>;
export type JobEvent = z.infer<typeof jobs.JobEventDocument>;
