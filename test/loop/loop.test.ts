import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Verified } from "../../src/cycle/verified.ts";
import { PacksyncError } from "../../src/errors.ts";
import type { LoopDeps } from "../../src/loop/state.ts";
import type { PackRef } from "../../src/pack/ref.ts";
import { type Answer, cycleNews, isSlice, type Looping, looping, newsOf, sourceFound } from "../support/looping.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const NEVER = new AbortController().signal;
const isAboutCore = ({ request }: Looping["asked"][number]): boolean =>
  "places" in request && request.places.includes("packs/core");
const changed = (directory: string) => ({ source: "packs", directory, kind: "changed" }) as const;

describe("what is saved", () => {
  test("is looked at once it rests, after everything was once", async () => {
    const it = looping();
    await it.wait(0);
    expect(it.saidKinds()).toEqual(["started"]);
    it.loop.hint([changed("core")]);
    await it.wait(20);
    expect(it.cycles()).toEqual(["everything"]);
    await it.wait(10);
    expect(it.cycles()).toEqual(["everything", "packs/core"]);
  });

  test("is not at rest while the kernel has more to tell of it", async () => {
    let [hear, times, lastMs] = [() => {}, 0, Date.now()];
    const hearAll = async (): Promise<void> => hear();
    const it = looping(undefined, { hearAll });
    await it.wait(0);
    hear = () => {
      if (Date.now() - lastMs < 25 || times++ >= 3) return;
      lastMs = Date.now();
      it.loop.hint([changed("core")]);
    };
    it.loop.hint([changed("core")]); // three more are found, each when this would have come to rest
    await it.wait(70);
    expect(it.cycles()).toEqual(["everything"]);
    await it.wait(500);
    expect(it.cycles()).toEqual(["everything", "packs/core"]);
  });

  test("is prepared while it comes to rest, and goes live at that moment", async () => {
    const it = looping();
    await it.wait(0);
    it.loop.hint([changed("core")]);
    await it.wait(10);
    expect([it.asked.at(-1)?.request, it.cycles()]).toEqual([
      expect.objectContaining({ places: ["packs/core"] }),
      ["everything"],
    ]);
    await it.wait(17);
    expect(it.cycles()).toEqual(["everything", "packs/core"]);
  });

  test.for<{ name: string; disturb: (it: Looping) => void }>([
    { name: "it is touched again", disturb: ({ loop }) => loop.hint([changed("core")]) },
    { name: "somebody asks for something", disturb: ({ loop }) => void loop.request("open", {}, () => {}, NEVER) },
  ])("is prepared in vain when $name, and looked at all the same", async ({ disturb }) => {
    const it = looping();
    await it.wait(0);
    it.loop.hint([changed("core")]);
    await it.wait(10);
    const prepared = it.asked.length;
    disturb(it);
    await it.wait(60);
    expect(it.asked.filter(isAboutCore).map(({ abort }) => abort.aborted)).toEqual([true, false]);
    expect(prepared).toBe(2);
    expect(it.cycles().filter((text) => text === "packs/core")).toHaveLength(1);
    expect(it.saidKinds()).not.toContain("trouble");
  });

  test("a checkout that is prepared holds up nobody who saves elsewhere", async () => {
    const sources = ["packs", "packs.dev"].map((name) => ({ name, path: `/${name}` }));
    const it = looping(undefined, { sources });
    await it.wait(0);
    it.loop.hint(["a", "b", "c", "d"].map(changed));
    await it.wait(400);
    expect(it.asked.at(-1)?.request).toMatchObject({ places: ["packs/a", "packs/b", "packs/c", "packs/d"] });
    it.loop.hint([{ ...changed("mine"), source: "packs.dev" }]);
    await it.wait(40);
    expect(it.cycles().at(-1)).toBe("packs.dev/mine");
    await it.wait(600);
    expect(it.cycles().at(-1)).toBe("packs/a packs/b packs/c packs/d");
  });

  test("is told with the time since the first hint", async () => {
    const it = looping(({ request }) =>
      "look" in request && request.look === "places" ? { afterMs: 7, answer: cycleNews(newsOf("core")) } : {},
    );
    await it.wait(0);
    it.loop.hint([changed("core")]);
    await it.wait(100);
    expect(it.said).toContainEqual(expect.objectContaining({ kind: "pack", elapsedMs: 32 }));
  });

  test.for([
    { title: "of a pack that is prepared before it rests", quickly: false },
    { title: "of one that is written again and again", quickly: true },
  ])("is told with what each stage took, $title", async ({ quickly }) => {
    const timings = { scan: 3, validate: 2, stage: 1, publish: 7 };
    const live = newsOf("core").packs?.map((pack) => ({ ...pack, timings })) ?? [];
    const it = looping(({ request }) =>
      "look" in request && request.look === "places" ? { afterMs: 7, answer: cycleNews({ packs: live }) } : {},
    );
    await it.wait(0);
    it.loop.hint([changed("core")], 4);
    if (quickly) for (let times = 0; times < 5; times++, it.loop.hint([changed("core")], 40)) await it.wait(15);
    await it.wait(quickly ? 24 : 100);
    expect(it.loop.status().lagMs > 0).toBe(quickly);
    await it.wait(300);
    const [told] = it.said.flatMap((event) => (event.kind === "pack" ? [event] : []));
    expect(told?.report.timings).toMatchObject({ ...timings, watch: 4 });
    const { settle = 0 } = told?.report.timings ?? {};
    expect(told?.elapsedMs).toBe(settle + 7);
    it.loop.hint([changed("core")], 2);
    await it.wait(300);
    expect(it.said.findLast(({ kind }) => kind === "pack")).toMatchObject({ report: { timings: { watch: 2 } } });
  });

  test("while a cycle is under way is looked at after it", async () => {
    const it = looping(() => ({ afterMs: 300 }));
    await it.wait(400);
    it.loop.hint([changed("core")]);
    await it.wait(100); // this one is being looked at
    it.loop.hint([changed("core"), changed("other")]);
    await it.wait(600);
    expect(it.cycles()).toEqual(["everything", "packs/core", "packs/core packs/other"]);
  });

  test("while everything is looked at for the first time is looked at after it", async () => {
    const it = looping(() => ({ afterMs: 300 }));
    await it.wait(100);
    it.loop.hint([changed("core")]);
    await it.wait(500);
    expect(it.cycles()).toEqual(["everything", "packs/core"]);
  });

  test("comes before a look at everything that is due", async () => {
    const it = looping(() => ({ afterMs: 30 }), { rescanMs: 1000 });
    await it.wait(970);
    it.loop.hint([changed("core")]); // at rest when the look at everything is due
    await it.wait(40);
    await it.wait(100);
    expect(it.cycles()).toEqual(["everything", "packs/core", "slice packs"]);
  });

  test("keeps no look at everything from its turn for long", async () => {
    const it = looping(() => ({ afterMs: 200 }), { rescanMs: 1000 });
    for (let count = 0; count < 200; count++) {
      it.loop.hint([changed(`pack${count % 4}`)]);
      await it.wait(50);
    }
    expect(it.asked.filter(isSlice).length).toBeGreaterThanOrEqual(3);
  });

  test("and looks half-written waits a moment, and then counts as it is", async () => {
    const patient: (readonly string[])[] = [];
    const it = looping(({ request }) => {
      if (!("look" in request) || request.look !== "places") return {};
      patient.push(request.patient);
      return { answer: cycleNews({ waiting: request.patient }) };
    });
    await it.wait(0);
    it.loop.hint([changed("core")]);
    await it.wait(30);
    expect(patient).toEqual([["packs/core"]]);
    await it.wait(240);
    expect(patient).toHaveLength(1);
    await it.wait(20);
    expect(patient).toEqual([["packs/core"], []]);
    await it.wait(4000);
    expect(patient).toHaveLength(2);
  });
});

describe("a look at everything", () => {
  const inSlices: Answer = (asked) => {
    if (asked.kind !== "cycle" || asked.request.look !== "slice") return {};
    const { after } = asked.request;
    const next = after === undefined ? "h" : after === "h" ? "p" : undefined;
    return { answer: cycleNews({ next, cpuMs: 20 }) };
  };

  test("comes in slices, of which all together take its interval", async () => {
    const it = looping(inSlices, { rescanMs: 6000 });
    await it.wait(40_000);
    const slices = it.asked.filter(isSlice).map(({ atMs }) => atMs);
    const startedMs = it.asked[0]?.atMs ?? 0;
    // Nobody knows at first how many slices there will be: they follow at the pace that costs an eightieth of a core.
    expect(slices.slice(0, 3).map((atMs) => atMs - startedMs)).toEqual([6000, 7600, 9200]);
    expect(slices.slice(3, 9).map((atMs) => atMs - startedMs)).toEqual([
      12_000, 14_000, 16_000, 18_000, 20_000, 22_000,
    ]);
    expect(it.cycles().slice(1, 4)).toEqual(["slice packs", "slice packs after h", "slice packs after p"]);
  });

  test("takes turns between sources", async () => {
    const sources = ["packs", "packs.dev"].map((name) => ({ name, path: `/${name}` }));
    const it = looping(inSlices, { sources });
    await it.wait(60_000);
    const counts = sources.map(
      ({ name }) => it.cycles().filter((text) => text.startsWith(`slice ${name} after`)).length,
    );
    expect(Math.abs((counts[0] ?? 0) - (counts[1] ?? 0))).toBeLessThanOrEqual(2);
    expect(Math.min(...counts)).toBeGreaterThan(10);
  });

  test("is not more frequent while a source is not there: its coming is announced", async () => {
    const it = looping(({ kind }) => (kind === "cycle" ? { answer: cycleNews(sourceFound("absent")) } : {}));
    await it.wait(5000);
    expect(it.loop.status().roots).toMatchObject([{ watching: "vanished", rescanIntervalMs: 5000 }]);
  });

  test("is late when nothing else is to be done, and in time again after it; never for what takes long", async () => {
    let takesMs = 0;
    const it = looping((asked) => (isSlice(asked) ? { afterMs: takesMs } : {}));
    const late = () => it.loop.status().roots.map(({ rescanLateMs }) => rescanLateMs);
    await it.wait(60_000);
    const [calm, { lastRescanAt }] = [late(), it.loop.status().roots[0] ?? {}];
    takesMs = 200_000;
    await it.wait(150_000); // the volume has been busy with it for long
    const busy = late();
    takesMs = 0;
    await it.wait(100_000);
    expect([calm, busy, late()]).toEqual([[0], [0], [0]]);
    expect(Date.parse(lastRescanAt ?? "")).toBeGreaterThanOrEqual(Date.now() - 256_000);
    await it.stop();
    await it.wait(10_000); // nobody looks any more
    expect(late()[0]).toBeGreaterThan(3000);
  });

  test("rests the longer the more it costs", async () => {
    const it = looping((asked) => (isSlice(asked) ? { answer: cycleNews({ cpuMs: 400 }) } : {}));
    await it.wait(5000);
    expect(it.loop.status().roots).toMatchObject([{ rescanIntervalMs: 32_000 }]);
    await it.wait(31_000);
    expect(it.asked.filter(isSlice)).toHaveLength(1);
    await it.wait(2000);
    expect(it.asked.filter(isSlice)).toHaveLength(2);
  });

  test("comes at once on doubt, from its beginning", async () => {
    const it = looping(inSlices);
    await it.wait(6000);
    const before = it.cycles().length;
    it.loop.doubt("packs");
    await it.wait(0);
    expect(it.cycles().slice(before)).toEqual(["slice packs"]);
    it.loop.doubt("no such source");
    await it.wait(0);
    expect(it.cycles().slice(before)).toEqual(["slice packs"]);
  });

  test("has the watcher look whether all is watched, once a pass", async () => {
    const it = looping(inSlices, { rescanMs: 6000 });
    await it.wait(17_000);
    expect(it.rechecked).toEqual(["packs", "packs"]);
  });

  test("leaves alone what has not come to rest", async () => {
    const it = looping(() => ({}), { rescanMs: 1000 });
    await it.wait(990);
    it.loop.hint([{ ...changed("core"), kind: "removed" }]);
    await it.wait(15);
    expect(it.asked.at(-1)?.request).toMatchObject({ look: "slice", unsettled: ["packs/core"] });
    await it.wait(990);
    expect(it.cycles()).toEqual(["everything", "slice packs", "packs/core"]);
  });
});

describe("what no event announced", () => {
  const foundBySlices: Answer = (asked) => (isSlice(asked) ? { answer: cycleNews(newsOf("core")) } : {});
  const once = (): Answer => {
    let left = 1;
    return (asked) => (isSlice(asked) && left-- > 0 ? { answer: cycleNews(newsOf("core")) } : {});
  };
  const root = (it: Looping) => it.loop.status().roots[0];

  test("is said and counted, and the source is named polling once", async () => {
    const it = looping(foundBySlices);
    await it.wait(30_000);
    const missed = it.saidKinds().filter((kind) => kind === "missed").length;
    expect(missed).toBeGreaterThan(5);
    expect(it.loop.status()).toMatchObject({
      missedEvents: missed,
      roots: [{ watching: "polling", rescanIntervalMs: 1000 }],
    });
    expect(it.saidKinds().filter((kind) => kind === "root")).toEqual(["root"]);
  });

  test("makes looks at everything more frequent, until ten in a row found nothing", async () => {
    const it = looping(once());
    it.loop.hint([changed("other")]);
    await it.wait(7000);
    expect(root(it)).toMatchObject({ watching: "events", missedEvents: 1, rescanIntervalMs: 1000 });
    await it.wait(8000);
    expect(root(it)).toMatchObject({ rescanIntervalMs: 1000 });
    await it.wait(4000);
    expect(root(it)).toMatchObject({ missedEvents: 1, rescanIntervalMs: 5000 });
  });

  test.for([
    { title: "a moment before", hintAtMs: 4500 },
    { title: "a moment after", hintAtMs: 5800 },
  ])("is not what was announced $title", async ({ hintAtMs }) => {
    const it = looping(once());
    await it.wait(hintAtMs);
    it.loop.hint([changed("core")]);
    await it.wait(10_000 - hintAtMs);
    expect(root(it)).toMatchObject({ missedEvents: 0, watching: "events" });
  });

  test("is not what was only looked into again", async () => {
    const it = looping((asked) => (isSlice(asked) ? { answer: cycleNews({ changed: ["packs/core"] }) } : {}));
    await it.wait(20_000);
    expect(root(it)).toMatchObject({ missedEvents: 0, watching: "events" });
  });

  test("is a pack that went, too", async () => {
    const { packs = [] } = newsOf("core");
    const gone = packs.map((pack) => ({ ...pack, outcome: "retired" as const }));
    const it = looping((asked) => (isSlice(asked) ? { answer: cycleNews({ packs: gone }) } : {}));
    await it.wait(6500);
    expect(root(it)).toMatchObject({ missedEvents: 1 });
  });

  test("is polling no more when something is announced after all", async () => {
    const it = looping(once());
    await it.wait(7000);
    expect(root(it)).toMatchObject({ watching: "polling" });
    it.loop.hint([changed("other")]);
    expect(root(it)).toMatchObject({ watching: "events" });
    expect(it.said.filter(({ kind }) => kind === "root")).toMatchObject([
      { root: { watching: "polling" } },
      { root: { watching: "events" }, before: { watching: "polling" } },
    ]);
  });
});

describe("a source's state is said when it changes:", () => {
  test("it vanishes, and is held", async () => {
    const found = [
      sourceFound("listed"),
      sourceFound("absent", "root-absent"),
      sourceFound("absent", "root-absent"),
      sourceFound("listed"),
    ];
    const it = looping(({ kind }) => (kind === "cycle" ? { answer: cycleNews(found.shift() ?? {}) } : {}), {
      rescanMs: 100,
    });
    await it.wait(1000);
    expect(it.said.filter(({ kind }) => kind === "root")).toMatchObject([
      { root: { watching: "vanished", held: "root-absent" }, before: { watching: "events", held: undefined } },
      { root: { watching: "events", held: undefined }, before: { watching: "vanished", held: "root-absent" } },
    ]);
  });

  test("not all of it can be watched, and then it can", async () => {
    const it = looping();
    await it.wait(0);
    for (const isDegraded of [true, true, false, false]) it.loop.degrade("packs", isDegraded);
    it.loop.degrade("no such source", true);
    expect(it.said.filter(({ kind }) => kind === "root")).toMatchObject([
      { root: { watching: "degraded", rescanIntervalMs: 1000 } },
      { root: { watching: "events", rescanIntervalMs: 5000 } },
    ]);
  });
});

test("a loop that is stopped while it hears what the kernel told ends at once", async () => {
  const heard = Promise.withResolvers<void>();
  let isWaiting = false;
  const hearAll = (): Promise<void> => (isWaiting ? heard.promise : Promise.resolve());
  const it = looping(undefined, { hearAll, rescanMs: 1_000_000 });
  await it.wait(0);
  isWaiting = true;
  it.loop.doubt("packs");
  await it.wait(10);
  it.stop();
  heard.resolve();
  await it.wait(0);
  await it.ended;
});

describe("a request", () => {
  const sync = { only: [], allowRemovals: false };
  const ask = (it: Looping, abort = new AbortController().signal) => {
    const answer = it.loop.request("sync", sync, () => {}, abort);
    answer.catch(() => {});
    return answer;
  };

  test("is done before all else, once what is under way is over", async () => {
    const it = looping(() => ({ afterMs: 100 }), { rescanMs: 1000 });
    await it.wait(150);
    it.loop.hint([changed("core")]);
    await it.wait(50);
    const answers = [ask(it), ask(it)];
    it.loop.hint([changed("other")]);
    await it.wait(350);
    await expect(Promise.all(answers)).resolves.toHaveLength(2);
    expect(it.asked.map(({ kind }) => kind)).toEqual(["cycle", "cycle", "sync", "sync", "cycle"]);
  });

  test("gets what the volume throws, and the loop goes on", async () => {
    const it = looping(({ kind }) => {
      if (kind === "sync") throw new PacksyncError("USAGE", "no such pack");
      return {};
    });
    await it.wait(0);
    const answer = ask(it);
    await it.wait(0);
    await expect(answer).rejects.toThrow("no such pack");
    it.loop.hint([changed("core")]);
    await it.wait(100);
    expect(it.cycles()).toContain("packs/core");
  });

  test("that is taken back while it waits is never done", async () => {
    const it = looping(() => ({ afterMs: 100 }));
    const gone = new AbortController();
    const answer = ask(it, gone.signal);
    gone.abort(new Error("hung up"));
    await it.wait(300);
    await expect(answer).rejects.toThrow("hung up");
    expect(it.asked.map(({ kind }) => kind)).toEqual(["cycle"]);
  });

  test("that is taken back while it is done is abandoned", async () => {
    const it = looping(() => ({ afterMs: 100 }));
    await it.wait(150);
    const gone = new AbortController();
    const answer = ask(it, gone.signal);
    await it.wait(10);
    gone.abort(new Error("hung up"));
    expect(it.asked.at(-1)?.abort.aborted).toBe(true);
    await it.wait(100);
    await expect(answer).rejects.toThrow("hung up");
  });

  test("that waits when the loop ends is told so", async () => {
    const it = looping(() => ({ afterMs: 100 }));
    await it.wait(150);
    const answers = [ask(it), ask(it)];
    await it.wait(10);
    it.stop();
    await it.wait(200);
    for (const answer of answers) await expect(answer).rejects.toThrow("the end");
    await it.ended;
  });

  test("that comes after the end is told so", async () => {
    const it = looping();
    await it.wait(0);
    it.stop();
    await it.wait(0);
    await it.ended;
    await expect(ask(it)).rejects.toThrow("the end");
  });

  test("that waits for a first cycle which fails is told so", async () => {
    const it = looping(({ kind }) => {
      if (kind === "cycle") throw new PacksyncError("VOLUME_UNUSABLE", "no volume");
      return {};
    });
    const answer = ask(it);
    await it.wait(0);
    await expect(it.ended).rejects.toThrow("no volume");
    await expect(answer).rejects.toThrow("no volume");
  });
});

describe("trouble with the volume", () => {
  function troubled(until: () => number): Looping {
    return looping(({ kind, atMs }) => {
      if (kind === "cycle" && atMs >= 1 && Date.now() < until())
        throw new PacksyncError("VOLUME_UNUSABLE", "not there", { hint: "mount it" });
      return {};
    });
  }

  test("is said once; it is tried again, less and less often; and when it is over everything is looked at", async () => {
    let isThere = true;
    const it = looping(({ kind }) => {
      if (kind === "cycle" && !isThere) throw new PacksyncError("VOLUME_UNUSABLE", "not there", { hint: "mount it" });
      return {};
    });
    await it.wait(100);
    isThere = false;
    it.loop.hint([changed("core")]);
    await it.wait(25);
    const startedMs = Date.now();
    await it.wait(120_000);
    const tries = it.asked.slice(2).map(({ atMs }) => atMs - startedMs);
    expect(tries.map((ms) => Math.round(ms / 1000))).toEqual([1, 3, 7, 15, 31, 61, 91]);
    expect(
      it
        .cycles()
        .slice(2)
        .every((text) => text === "everything"),
    ).toBe(true);
    expect(it.said.filter(({ kind }) => kind === "trouble")).toEqual([
      { kind: "trouble", message: "not there", hint: "mount it" },
    ]);
    expect(it.loop.status().trouble).toBe("not there");
    isThere = true;
    await it.wait(31_000);
    expect(it.saidKinds()).toEqual(["started", "trouble", "recovered"]);
    expect(it.loop.status().trouble).toBeUndefined();
    isThere = false;
    it.loop.hint([changed("core")]);
    await it.wait(1500);
    expect(it.saidKinds()).toEqual(["started", "trouble", "recovered", "trouble"]);
  });

  test("at the very start is the loop's end", async () => {
    const it = troubled(() => Number.POSITIVE_INFINITY);
    await it.wait(0);
    await expect(it.ended).rejects.toThrow("not there");
  });
});

describe("verifying", () => {
  test("goes on pack by pack, takes two hundredths of the time, and comes again", async () => {
    const it = looping(
      ({ kind }) => {
        if (kind === "published") return { answer: ["core", "other"] };
        return kind === "verify" ? { afterMs: 100, answer: [] } : {};
      },
      { verifyMs: 24 * 60_000, rescanMs: 3_600_000 },
    );
    await it.wait(60_000);
    await it.wait(20_000);
    const about = it.asked.filter(({ kind }) => kind === "verify" || kind === "published");
    expect(about.map(({ request }) => ("packs" in request ? request.packs : "published"))).toEqual([
      "published",
      ["core"],
      ["other"],
    ]);
    const [, first, second] = about.map(({ atMs }) => atMs);
    expect((second ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(4900);
    await it.wait(24 * 60_000 + 20_000);
    expect(it.asked.filter(({ kind }) => kind === "published")).toHaveLength(2);
  });

  test("never comes when nobody wants it", async () => {
    const it = looping(() => ({}), { verifyMs: 0, rescanMs: 3_600_000 });
    await it.wait(48 * 3_600_000);
    expect(it.asked.filter(({ kind }) => kind === "verify" || kind === "published")).toEqual([]);
  });

  /** A volume with one pack, of which reading everything again finds this. */
  function finding(severity: "error" | "hint", code: string, about: Partial<LoopDeps> = {}): Looping {
    const verified: Verified = {
      ref: "core" as PackRef,
      release: "1-aaaaaaaa",
      verdict: "drifted",
      files: 1,
      drift: { paths: [], changed: [], missing: [], modes: [], preserved: [], foreign: [], leftovers: [] },
      damaged: [],
      kept: [],
      sourceUnnoticed: false,
      diagnostics: [{ severity, code, message: "found" }],
    };
    return looping(
      ({ kind }) => {
        if (kind === "published") return { answer: ["core"] };
        return kind === "verify" ? { answer: [verified] } : {};
      },
      { verifyMs: 60_000, rescanMs: 3_600_000, ...about },
    );
  }

  test.for<{ title: string; it: () => Looping; said: string[] }>([
    { title: "says what drifted", it: () => finding("error", "volume.drift"), said: ["started", "verified"] },
    {
      title: "says nothing of drift that is to be ignored",
      it: () => finding("error", "volume.drift", { drift: "ignore" }),
      said: ["started"],
    },
    {
      title: "but of other damage, all the same",
      it: () => finding("error", "history.damaged", { drift: "ignore" }),
      said: ["started", "verified"],
    },
    {
      title: "says nothing of what others may have there",
      it: () => finding("hint", "volume.foreign"),
      said: ["started"],
    },
  ])("$title", async ({ it: start, said }) => {
    const it = start();
    await it.wait(30_000);
    expect(it.asked.filter(({ kind }) => kind === "verify")).toHaveLength(1);
    expect(it.saidKinds().filter((kind) => kind !== "rest")).toEqual(said);
  });

  test("that fails is trouble with the volume: said once, until it can be used again", async () => {
    let isBroken = false;
    const it = looping(
      ({ kind }) => {
        if (kind === "published") isBroken = true;
        if (kind === "published") return { answer: ["core", "other"] };
        if (isBroken) throw new PacksyncError("VOLUME_UNUSABLE", "not there", { hint: "mount it" });
        return kind === "verify" ? { answer: [] } : {};
      },
      { verifyMs: 60_000, rescanMs: 3_600_000 },
    );
    await it.wait(20_000);
    expect(it.said.filter(({ kind }) => kind === "trouble")).toEqual([
      { kind: "trouble", message: "not there", hint: "mount it" },
    ]);
    isBroken = false;
    await it.wait(60_000);
    expect(it.saidKinds().filter((kind) => kind !== "rest")).toEqual(["started", "trouble", "recovered"]);
  });
});

describe("the canary", () => {
  const CANARY = { source: "/canary", directory: "canary", kind: "changed" } as const;
  function withCanary(answer?: Answer): Looping & { readonly looks: readonly number[] } {
    const looks: number[] = [];
    const look = async (): Promise<void> => void looks.push(Date.now());
    return { ...looping(answer, { canary: { source: CANARY.source, look } }), looks };
  }

  test("settles as packs do, and counts for nothing else", async () => {
    const it = withCanary();
    await it.wait(0);
    const began = Date.now();
    it.loop.hint([CANARY]);
    await it.wait(10);
    expect(it.loop.status()).toMatchObject({ lagMs: 0, roots: [{ name: "packs", events: 0 }] });
    await it.wait(90);
    expect(it.looks.map((at) => at - began)).toEqual([25]);
    expect(it.cycles()).toEqual(["everything"]);
    expect(it.saidKinds()).toEqual(["started"]);
  });

  test("waits for what is about to come to rest, and for what is being done", async () => {
    const it = withCanary((asked) => (isAboutCore(asked) ? { afterMs: 100 } : {}));
    await it.wait(0);
    const began = Date.now();
    it.loop.hint([CANARY, changed("core")]);
    await it.wait(500);
    expect(it.looks.map((at) => at - began)).toEqual([125]);
    expect(it.cycles()).toEqual(["everything", "packs/core"]);
  });

  test("gets its turn in the end, however often something else is saved, and keeps nothing from being looked at", async () => {
    const it = withCanary();
    await it.wait(0);
    const began = Date.now();
    it.loop.hint([CANARY]);
    for (let saves = 0; saves < 300; saves++) {
      it.loop.hint([changed("core")]);
      await it.wait(20);
    }
    expect(it.looks).toHaveLength(1);
    expect((it.looks[0] ?? 0) - began).toBeLessThan(2000);
  });

  test("is not looked at while the volume cannot be used, and is when it can be again", async () => {
    let isBroken = false;
    const it = withCanary(() => {
      if (isBroken) throw new Error("broken");
      return {};
    });
    await it.wait(0);
    isBroken = true;
    it.loop.hint([changed("core")]);
    await it.wait(50);
    it.loop.hint([CANARY]);
    await it.wait(800);
    expect([it.looks.length, it.saidKinds().at(-1)]).toEqual([0, "trouble"]);
    isBroken = false;
    await it.wait(3000);
    expect(it.looks).toHaveLength(1);
  });
});
