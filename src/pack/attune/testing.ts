import * as z from "zod/mini";
import { bool, field, once, oneOf, required, text } from "../schema/shape.ts";
import { nonEmpty, positive } from "./shapes.ts";

const resultFormat = once(() => oneOf(["simple", "json", "tap", "junit-xml"]));

const runner = once(() =>
  z.looseObject({
    type: required("How to run it", oneOf(["script", "unittest", "pytest", "node"])),
    entry_point: required("The script or tests, relative to the pack", nonEmpty),
    timeout: field("Seconds until it counts as failed; default 300", positive),
    result_format: field("How its output is read; default `simple`", resultFormat()),
  }),
);

/** The `testing` section of `pack.yaml`. Source: crates/common/src/test_executor.rs. */
export const testing = once(() =>
  z.looseObject({
    enabled: required("Whether the platform runs the tests when the pack is registered", bool),
    discovery: required(
      "Where the tests are",
      z.looseObject({
        method: required("How they are found, e.g. `directory`", text),
        path: field("Where, relative to the pack", text),
      }),
    ),
    runners: required("What runs the tests: name → runner", z.record(z.string(), runner())),
    result_format: field("How output is read where a runner does not say", resultFormat()),
    result_path: field("Where results are written, relative to the pack", text),
    min_pass_rate: field(
      "How many of the tests have to pass: 0 to 1, or per cent; default 1",
      z.number().check(z.minimum(0), z.maximum(100)),
    ),
    on_failure: field(
      "What happens if they do not: the pack is not registered (`block`, the default), or it is (`warn`, `ignore`)",
      oneOf(["block", "warn", "ignore"]),
    ),
  }),
);
