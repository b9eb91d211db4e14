/** How a service is told, as packsync.yaml or a label has it: a word, or a mapping with at most one of `how` (such a word), `exec` and `http`. */
export type HowSetting = string | ServiceSetting;

export interface ServiceSetting extends CareSetting {
  readonly how?: string | undefined;
  readonly exec?: readonly string[] | undefined;
  readonly http?: HttpSetting | undefined;
}

/** What is done with a service beside telling it. Times in seconds. */
interface CareSetting {
  /** For one attempt; of a restart: for one container. */
  readonly timeout?: number | undefined;
  /** Services, as globs, that are told before it. */
  readonly after?: readonly string[] | undefined;
  /** When a container counts as back. */
  readonly ready?:
    | { readonly http?: string | undefined; readonly runs?: number | undefined; readonly timeout?: number | undefined }
    | undefined;
  /** What becomes of the packs that it did not come back with. */
  readonly onUnhealthy?: "report" | "rollback" | undefined;
}

export interface HttpSetting {
  readonly url: string;
  readonly method?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** JSON, in which `{service}`, `{packs}`, … stand for what is told. */
  readonly body?: unknown;
  /** What signs the body. */
  readonly secretFile?: string | undefined;
  /** Statuses; unset: any 2xx. */
  readonly expect?: readonly number[] | undefined;
}
