import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { FAMILIES } from "../../src/metrics/families.ts";
import { testWith } from "../support/requires.ts";

const DOCKER = new URL("../../docker/", import.meta.url).pathname;
const page = readFileSync(new URL("../../docs/metrics.md", import.meta.url), "utf8");

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly todo: string; readonly runbook: string };
}
interface RuleTest {
  readonly alert_rule_test: readonly { readonly alertname: string; readonly exp_alerts: readonly unknown[] }[];
}

const rules: readonly Rule[] = parse(readFileSync(`${DOCKER}prometheus/alerts.yaml`, "utf8")).groups[0].rules;
const ruleTests: readonly RuleTest[] = parse(readFileSync(`${DOCKER}prometheus/alerts.test.yaml`, "utf8")).tests;

function promtool(...args: readonly string[]): string {
  return execFileSync("promtool", args, { cwd: `${DOCKER}prometheus`, encoding: "utf8" });
}

testWith({ tools: ["promtool"], timeout: 240_000 }, "promtool takes the rules, their tests, and the example", () => {
  expect(promtool("check", "rules", "--lint=all", "--lint-fatal", "alerts.yaml")).toContain(
    `${rules.length} rules found`,
  );
  expect(promtool("test", "rules", "alerts.test.yaml")).toContain("SUCCESS");
  expect(promtool("check", "config", "--syntax-only", "prometheus.yaml")).toContain("SUCCESS");
});

test.for(rules)("$alert is tried when it fires, and when it does not; its section says what to do", (rule) => {
  const tried = ruleTests.flatMap((each) => each.alert_rule_test).filter(({ alertname }) => alertname === rule.alert);
  expect(tried.some(({ exp_alerts }) => exp_alerts.length > 0)).toBe(true);
  expect(
    ruleTests.some((each) =>
      each.alert_rule_test.every((one) => one.alertname === rule.alert && one.exp_alerts.length === 0),
    ),
  ).toBe(true);
  expect(["critical", "warning", "info"]).toContain(rule.labels.severity);
  expect(rule.annotations.runbook).toBe(`docs/metrics.md#${rule.alert.toLowerCase()}`);
  const section = page.split(`\n### ${rule.alert}\n`)[1]?.split("\n#")[0];
  expect(section).toContain(rule.annotations.todo);
  expect(section).toContain(`\`${rule.expr}\``);
});

test("the page has no section of a rule that is not there", () => {
  const sections = page.split("\n## Alerts\n")[1]?.matchAll(/^### (\w+)$/gm) ?? [];
  expect([...sections].map(([, name]) => name)).toEqual(rules.map(({ alert }) => alert));
});

interface Panel {
  readonly title: string;
  readonly type: string;
  readonly targets?: readonly { readonly expr: string }[];
}
const panels: readonly Panel[] = JSON.parse(readFileSync(`${DOCKER}grafana/packsync.json`, "utf8")).panels;

/** What series are called, with the labels that they have. */
const series = new Map(
  Object.entries(FAMILIES).flatMap(([name, { type, labels }]) =>
    type === "histogram"
      ? ["_bucket", "_sum", "_count"].map((end) => [`${name}${end}`, [...labels, "le"]] as const)
      : [[name, labels] as const],
  ),
);

/** What Prometheus itself gives every series. */
const OF_ALL = ["instance", "job"];

test.for([
  ...rules.map(({ alert, expr }) => ({ title: alert, expr })),
  ...panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ title, expr }))),
])("$title asks for what there is: $expr", ({ expr }) => {
  const names = expr.match(/\b(packsync|process|nodejs)_\w+/g) ?? [];
  expect(names.length > 0 || /\bup\{/.test(expr)).toBe(true);
  const known = new Set(names.flatMap((name) => series.get(name) ?? [`no ${name}`]));
  expect([...known].filter((label) => label.startsWith("no "))).toEqual([]);
  for (const [, name = "", matchers = ""] of expr.matchAll(/\b(packsync_\w+)\{([^}]*)\}/g))
    for (const [, label = ""] of matchers.matchAll(/(\w+)\s*(?:=|!)/g))
      expect([...OF_ALL, ...(series.get(name) ?? [])]).toContain(label);
  for (const [, list = ""] of expr.matchAll(/\b(?:by|on) \(([^)]*)\)/g))
    for (const label of list.split(/,\s*/)) expect([...OF_ALL, ...known]).toContain(label);
});

test("every metric of packsync's own is in the dashboard, in a rule, or says what the others are of", () => {
  const asked = [
    ...rules.map(({ expr }) => expr),
    ...panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)),
  ];
  const unused = Object.keys(FAMILIES).filter(
    (name) => name.startsWith("packsync_") && !asked.some((expr) => expr.includes(name)),
  );
  expect(unused).toEqual([
    "packsync_last_cycle_timestamp_seconds",
    "packsync_rescan_interval_seconds",
    "packsync_canary_rounds_total",
    "packsync_jobs_running",
    "packsync_api_request_duration_seconds",
  ]);
});
