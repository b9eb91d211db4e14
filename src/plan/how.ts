/** How a service is told, as packsync.yaml or a label has it. Timeouts in seconds. */
export type HowSetting =
  | string
  | { readonly exec: readonly string[]; readonly timeout?: number | undefined }
  | { readonly http: HttpSetting; readonly timeout?: number | undefined };

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
