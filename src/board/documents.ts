import type * as z from "zod";
import type * as documents from "../server/dashboard/documents.ts";

/** What the dashboard's data API answers, as types; `server/dashboard/documents.ts` says what each field is. */
export type DaemonDocument = z.infer<typeof documents.daemonStatus>;
export type StageRow = z.infer<typeof documents.stageRow>;
export type SourceRow = z.infer<typeof documents.sourceRow>;
export type ServiceRow = z.infer<typeof documents.serviceRow>;
export type PackRow = z.infer<typeof documents.packRow>;
/** Whether whoever asks may change something only the server knows. */
export type OverviewDocument = Omit<z.infer<typeof documents.overview>, "may_change">;
export type PackDocument = z.infer<typeof documents.packDetail>;
export type FindingRow = z.infer<typeof documents.shownFinding>;
export type FileRow = z.infer<typeof documents.fileRow>;
export type FilesDocument = z.infer<typeof documents.files>;
export type ComponentRow = z.infer<typeof documents.componentRow>;
export type DiffDocument = z.infer<typeof documents.releaseDiff>;
