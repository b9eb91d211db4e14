import type * as z from "zod/mini";
import { action } from "./attune/action.ts";
import { cache } from "./attune/cache.ts";
import { dashboard } from "./attune/dashboard.ts";
import { pack } from "./attune/pack.ts";
import { permissionSet } from "./attune/permission-set.ts";
import { policy } from "./attune/policy.ts";
import { queue } from "./attune/queue.ts";
import { rule } from "./attune/rule.ts";
import { runtime } from "./attune/runtime.ts";
import { sensor } from "./attune/sensor.ts";
import { trigger } from "./attune/trigger.ts";
import { workflow } from "./attune/workflow.ts";
import type { ComponentKind } from "./component.ts";
import type { Finding } from "./finding.ts";
import type { Dialect } from "./identity.ts";
import { action as stackstormAction } from "./stackstorm/action.ts";
import { alias as stackstormAlias } from "./stackstorm/alias.ts";
import { chain as stackstormChain } from "./stackstorm/chain.ts";
import { configSchema as stackstormConfigSchema } from "./stackstorm/config-schema.ts";
import { pack as stackstormPack } from "./stackstorm/pack.ts";
import { policy as stackstormPolicy } from "./stackstorm/policy.ts";
import { rule as stackstormRule } from "./stackstorm/rule.ts";
import { sensor as stackstormSensor } from "./stackstorm/sensor.ts";
import { trigger as stackstormTrigger } from "./stackstorm/trigger.ts";
import { workflow as stackstormWorkflow } from "./stackstorm/workflow.ts";

/** What one kind of component is in one dialect, as its file has it. */
export interface KindModel {
  /** What a definition may say; unknown keys are kept. It is made only for kinds that a run meets. */
  readonly schema: () => z.ZodMiniType;
  /** Dotted paths (`tags`, `tasks.*.retry`) that the platform does not read, or repairs: what is wrong there only warns. */
  readonly advisory: readonly string[];
  /** What a schema cannot say. `value` is a mapping, though not always one that fits the schema. */
  readonly check?: (value: Readonly<Record<string, unknown>>, about: DefinitionContext) => readonly Finding[];
  /** What becomes of everything that was found: other codes, hints, or one finding for many. */
  readonly report?: (found: readonly Finding[], about: DefinitionContext) => readonly Finding[];
}

/** The same with its schema made. */
export interface MadeModel extends Omit<KindModel, "schema"> {
  readonly schema: z.ZodMiniType;
}

/** Where a definition stands. */
export interface DefinitionContext {
  /** Relative to the pack. */
  readonly file: string;
  readonly kind: ComponentKind;
  readonly dialect: Dialect;
  /** The pack's ref; `undefined`: nobody knows. */
  readonly pack: string | undefined;
  /** Names, aliases and refs, in lower case, of the runtimes that this and other packs define. */
  readonly runtimes?: ReadonlySet<string>;
}

const MODELS: Readonly<Record<Dialect, Partial<Record<ComponentKind, KindModel>>>> = {
  attune: {
    action,
    cache,
    dashboard,
    pack,
    permission_set: permissionSet,
    policy,
    queue,
    rule,
    runtime,
    sensor,
    trigger,
    workflow,
  },
  stackstorm: {
    action: stackstormAction,
    alias: stackstormAlias,
    chain: stackstormChain,
    config_schema: stackstormConfigSchema,
    pack: stackstormPack,
    policy: stackstormPolicy,
    rule: stackstormRule,
    sensor: stackstormSensor,
    trigger: stackstormTrigger,
    workflow: stackstormWorkflow,
  },
};

const made = new Map<KindModel, MadeModel>();

/** `undefined`: this dialect has no such kind. */
export function modelOf(kind: ComponentKind, dialect: Dialect): MadeModel | undefined {
  const model = MODELS[dialect][kind];
  if (model === undefined) return undefined;
  const known = made.get(model) ?? { ...model, schema: model.schema() };
  made.set(model, known);
  return known;
}
