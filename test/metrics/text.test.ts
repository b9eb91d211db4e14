import { describe, expect, test } from "vitest";
import { FAMILIES } from "../../src/metrics/families.ts";
import { createMeasures } from "../../src/metrics/registry.ts";
import { formatFor, toOpenMetrics } from "../../src/metrics/text.ts";

describe("the format that is wanted", () => {
  test.for([
    [undefined, "prometheus"],
    ["*/*", "prometheus"],
    ["text/plain", "prometheus"],
    ["text/html,application/xhtml+xml,*/*;q=0.8", "prometheus"],
    ["application/openmetrics-text", "openmetrics"],
    ["application/openmetrics-text; version=1.0.0; charset=utf-8", "openmetrics"],
    ["application/openmetrics-text;version=2.0.0", "prometheus"],
    ["application/openmetrics-text;q=0", "prometheus"],
    ["application/openmetrics-text;q=nonsense", "prometheus"],
    ["application/openmetrics-text;version=1.0.0;q=0.2,text/plain;version=0.0.4;q=0.9", "prometheus"],
    // What Prometheus 2.42 sends.
    [
      "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
      "openmetrics",
    ],
    // What Prometheus 3 sends.
    [
      "application/vnd.google.protobuf;q=0.7,application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,text/plain;version=0.0.4;q=0.4,*/*;q=0.2",
      "openmetrics",
    ],
  ] as const)("of %s is %s", ([accept, format]) => {
    expect(formatFor(accept)).toBe(format);
  });
});

test("OpenMetrics says the same in its own way", async () => {
  const measures = createMeasures(FAMILIES);
  measures.add([
    { family: "packsync_publishes_total", labels: { source: 'a"b\\c\n,le="5"' }, value: 3 },
    { family: "packsync_save_to_visible_seconds", labels: {}, value: 0.3 },
    { family: "packsync_build_info", labels: { version: "1", node_version: "v26" }, value: 1 },
  ]);
  const plain = await measures.text();
  expect(plain).toContain("# TYPE packsync_publishes_total counter\n");
  expect(plain).toContain('packsync_save_to_visible_seconds_bucket{le="1"} 1\n');
  expect(plain).toContain("# TYPE packsync_build_info gauge\n");
  const open = toOpenMetrics(plain);
  expect(open).toContain("# TYPE packsync_publishes counter\n");
  expect(open).toContain('packsync_publishes_total{source="a\\"b\\\\c\\n,le=\\"5\\""} 3\n');
  expect(open).toContain('packsync_save_to_visible_seconds_bucket{le="1.0"} 1\n');
  expect(open).toContain('packsync_save_to_visible_seconds_bucket{le="0.25"} 0\n');
  expect(open).toContain('packsync_save_to_visible_seconds_bucket{le="+Inf"} 1\n');
  expect(open).toContain("# HELP packsync_build Always 1");
  expect(open).toContain("# TYPE packsync_build info\n");
  expect(open).toContain('packsync_build_info{version="1",node_version="v26"} 1\n');
  expect(open.endsWith("\n# EOF\n")).toBe(true);
  expect(open).not.toContain("\n\n");
  expect(await measures.text()).toBe(plain);
  expect(toOpenMetrics("")).toBe("# EOF\n");
});
