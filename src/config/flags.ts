/** Commander's raw values of the flags that configure; texts as typed. `packs` has one `[name=]<dir>` an item. */
export interface Flags {
  readonly config?: string | undefined;
  readonly packs?: readonly string[] | undefined;
  readonly packsDev?: string | undefined;
  readonly volume?: string | undefined;
  readonly stateDir?: string | undefined;
  readonly owner?: string | undefined;
  readonly user?: string | undefined;
  readonly preserve?: string | undefined;
  readonly arch?: string | undefined;
  readonly lockTimeout?: string | undefined;
  readonly adopt?: string | undefined;
  readonly allowRemovals?: boolean | undefined;
  readonly preset?: string | undefined;
  readonly listen?: string | undefined;
  readonly require?: string | undefined;
  readonly only?: string | undefined;
  readonly databaseUrl?: string | undefined;
  readonly databaseTimeout?: string | undefined;
  readonly format?: string | undefined;
  readonly logLevel?: string | undefined;
  readonly logStyle?: string | undefined;
  readonly quiet?: boolean | undefined;
  readonly verbose?: boolean | undefined;
}
