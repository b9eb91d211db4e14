import type { KindModel } from "../model.ts";
import { checkParameters, parameters } from "./parameters.ts";

/** `config.schema.yaml`: a mapping of settings. Source: `ConfigSchemaAPI.schema` in st2common/models/api/pack.py. */
export const configSchema: KindModel = {
  schema: parameters,
  advisory: [],
  check: (value) => checkParameters(value, []),
};
