import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Family, FamilyName, Measure } from "./families.ts";

/** Some families and their series; at first there are none of these. */
export interface Measures {
  /** Counters grow, histograms observe, gauges are set. */
  add(measures: readonly Measure[]): void;
  /** These families have exactly these series; one of them that is not named has none. */
  replace(families: readonly FamilyName[], measures: readonly Measure[]): void;
  /** In Prometheus' own format. */
  text(): Promise<string>;
}

type Families = Readonly<Partial<Record<FamilyName, Family>>>;

/**
 * The library is in this module alone: it is loaded when somebody scrapes.
 *
 * @param begun with the series that are there before anything has happened
 */
export function createMeasures(families: Families, begun = false): Measures {
  const registry = new Registry();
  const known = new Map(entriesOf(families).map(([name, family]) => [name, open(name, family, registry)]));
  for (const [name, family] of entriesOf(families)) {
    if (begun) known.get(name)?.begin(family);
    else known.get(name)?.clear();
  }
  return {
    add: (measures) => addAll(known, measures),
    replace(names, measures) {
      for (const name of names) known.get(name)?.clear();
      addAll(known, measures);
    },
    text: () => registry.metrics(),
  };
}

interface Series {
  add(labels: Measure["labels"], value: number): void;
  /** No series is left, whatever the library thinks. */
  clear(): void;
  /** Only what is there before anything happened. */
  begin(family: Family): void;
}

function addAll(known: ReadonlyMap<FamilyName, Series>, measures: readonly Measure[]): void {
  for (const { family, labels, value } of measures) known.get(family)?.add(labels, value);
}

function open(name: string, { type, help, labels, buckets }: Family, registry: Registry): Series {
  const about = { name, help, labelNames: [...labels], registers: [registry] };
  switch (type) {
    case "gauge": {
      const gauge = new Gauge(about);
      return { add: (its, value) => gauge.set(its, value), ...emptied(gauge, (its) => gauge.set(its, 0)) };
    }
    case "counter": {
      const counter = new Counter(about);
      return { add: (its, value) => counter.inc(its, value), ...emptied(counter, (its) => counter.inc(its, 0)) };
    }
    case "histogram": {
      const histogram = new Histogram({ ...about, buckets: [...(buckets ?? [])] });
      return {
        add: (its, value) => histogram.observe(its, value),
        ...emptied(histogram, (its) => histogram.zero(its)),
      };
    }
    default:
      return type satisfies never;
  }
}

interface Emptied {
  reset(): void;
  remove(labels: Measure["labels"]): void;
}

/** The library gives a family without labels a series in any case. */
function emptied(metric: Emptied, zero: (labels: Measure["labels"]) => void): Pick<Series, "clear" | "begin"> {
  const clear = (): void => {
    metric.reset();
    metric.remove({});
  };
  return {
    clear,
    begin({ labels, from0 }) {
      clear();
      if (labels.length === 0) zero({});
      for (const value of from0?.[1] ?? []) zero({ [from0?.[0] ?? ""]: value });
    },
  };
}

function entriesOf(
  families: Readonly<Partial<Record<FamilyName, Family>>>,
): readonly (readonly [FamilyName, Family])[] {
  return Object.entries(families) as [FamilyName, Family][];
}
