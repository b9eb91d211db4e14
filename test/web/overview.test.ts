import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PACK_STATES } from "../../src/server/dashboard/documents.ts";
import type { PackRow } from "../../web/src/documents.ts";
import { countsOf, type Filter, inOrder, matching, needsAttention } from "../../web/src/overview/pack-filter.ts";
import { verdictOf } from "../../web/src/overview/verdict.ts";
import { type Message, messageReader } from "../../web/src/sse.ts";

const NOW = Date.parse("2030-01-01T00:00:10Z");
const ALL: Filter = { text: "", state: undefined, source: undefined };

function row(about: Partial<PackRow>): PackRow {
  return {
    ...{ ref: "demo", version: "1.0.0", label: "Demo", source: "packs", directory: "demo", dialect: "attune" },
    ...{ state: "live", origin: "sync", release: "1-0a1b2c3d", published_at: null, since: null },
    ...{ errors: 0, warnings: 0, is_registered: true, todo: null },
    ...about,
  };
}

const anyRow = fc
  .record({
    ref: fc.string(),
    state: fc.constantFrom(...PACK_STATES),
    source: fc.constantFrom("packs", "dev", null),
    is_registered: fc.constantFrom(true, false, null),
  })
  .map(row);

describe("what a filter shows", () => {
  const packs = [
    row({ ref: "core", label: "Core tools" }),
    row({ ref: "http", label: null, version: "2.0.0", source: "dev", state: "pinned" }),
    row({ ref: "slack", state: "invalid", is_registered: false, release: "7-deadbeef" }),
  ];

  test.for([
    { title: "nothing is asked", filter: {}, refs: ["core", "http", "slack"] },
    { title: "a part of a ref", filter: { text: "ttp" }, refs: ["http"] },
    { title: "capitals", filter: { text: "CORE" }, refs: ["core"] },
    { title: "all words, wherever they stand", filter: { text: " tools  core " }, refs: ["core"] },
    { title: "words that stand in two packs", filter: { text: "core http" }, refs: [] },
    { title: "a version", filter: { text: "2.0" }, refs: ["http"] },
    { title: "a release", filter: { text: "deadbeef" }, refs: ["slack"] },
    { title: "no pattern", filter: { text: ".*" }, refs: [] },
    { title: "a state", filter: { state: "invalid" }, refs: ["slack"] },
    { title: "what is not registered", filter: { state: "not registered" }, refs: ["slack"] },
    { title: "a source", filter: { source: "dev" }, refs: ["http"] },
    { title: "all of it together", filter: { text: "http", state: "pinned", source: "dev" }, refs: ["http"] },
    { title: "a source that has no such state", filter: { state: "invalid", source: "dev" }, refs: [] },
  ] satisfies readonly { title: string; filter: Partial<Filter>; refs: readonly string[] }[])(
    "$title",
    ({ filter, refs }) => {
      expect(matching(packs, { ...ALL, ...filter }).map(({ ref }) => ref)).toEqual(refs);
    },
  );

  test("keeps the order, and the counts of the chips are what each of them shows", () => {
    fc.assert(
      fc.property(fc.array(anyRow), (rows) => {
        expect(matching(rows, ALL)).toEqual(rows);
        for (const [state, count] of countsOf(rows, (pack) => pack.state))
          expect(matching(rows, { ...ALL, state })).toHaveLength(count);
      }),
    );
  });
});

test("what waits for a person stands before what does not, then it goes by ref", () => {
  fc.assert(
    fc.property(fc.array(anyRow), (rows) => {
      const sorted = inOrder(rows);
      expect(sorted).toHaveLength(rows.length);
      const flags = sorted.map((pack) => needsAttention({ ...pack, is_registered: true }, NOW));
      expect(flags.lastIndexOf(true)).toBeLessThan(flags.includes(false) ? flags.indexOf(false) : rows.length);
      for (const state of PACK_STATES) {
        const refs = sorted.filter((pack) => pack.state === state).map(({ ref }) => ref);
        expect(refs).toEqual(refs.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0)));
      }
    }),
  );
});

test.for([
  { title: "live for long", about: { since: "2030-01-01T00:00:00Z" }, isTrouble: true },
  {
    title: "live a moment ago, of which registering follows",
    about: { since: "2030-01-01T00:00:01Z" },
    isTrouble: false,
  },
  { title: "that is rejected", about: { state: "rejected", since: "2030-01-01T00:00:09Z" }, isTrouble: true },
] satisfies readonly { title: string; about: Partial<PackRow>; isTrouble: boolean }[])(
  "a pack that is not registered, $title: trouble $isTrouble",
  ({ about, isTrouble }) => {
    expect(needsAttention(row({ is_registered: false, ...about }), NOW)).toBe(isTrouble);
  },
);

const IDLE = { is_running: true, trouble: null, faults: [], services: [] };

test.for([
  ["good", "All 2 packs are live", [{}, { state: "pinned" }], {}],
  ["good", "All 2 packs are live", [{}, {}], { services: [{ state: "told" }, { state: "absent" }] }],
  ["good", "The pack is live", [{}, { state: "retired" }, { state: "foreign" }, { state: "shadowed" }], {}],
  ["good", "Nothing is published", [], {}],
  ["warn", "1 of 2 packs needs a look", [{}, { state: "invalid" }], { faults: ["the source packs is held"] }],
  ["warn", "The pack is live; 1 service does not know yet", [{}], { services: [{ state: "retrying" }] }],
  ["warn", "The pack is live, but not everything works", [{}], { faults: ["the source packs is not there"] }],
  ["warn", "No daemon is running", [{}], { is_running: false }],
  ["bad", "The volume cannot be used", [{}], { trouble: "disk full" }],
] satisfies readonly (readonly [string, string, readonly Partial<PackRow>[], object])[])(
  "the first line is %s, %s",
  ([tone, text, packs, about]) => {
    expect(verdictOf(packs.map(row), { ...IDLE, ...about }, NOW)).toEqual({ tone, text });
  },
);

describe("server-sent events", () => {
  test.for([
    { title: "a comment", text: ": still here\n\n", messages: [] },
    { title: "a retry", text: "retry: 500\n\n", messages: [] },
    { title: "data alone", text: "data: x\n\n", messages: [{ event: "message", data: "x", id: undefined }] },
    { title: "data without a blank", text: "data:x\n\n", messages: [{ event: "message", data: "x", id: undefined }] },
    {
      title: "data of several lines",
      text: "data: a\ndata:\ndata: b\n\n",
      messages: [{ event: "message", data: "a\n\nb", id: undefined }],
    },
    {
      title: "what the server sends",
      text: 'id: 7\r\nevent: event\r\ndata: {"id":7}\r\n\r\n',
      messages: [{ event: "event", data: '{"id":7}', id: "7" }],
    },
    { title: "half of a message", text: "id: 7\ndata: x\n", messages: [] },
  ])("$title", ({ text, messages }) => {
    expect(messageReader()(text)).toEqual(messages);
  });

  test("are the same however the stream is cut", () => {
    const data = fc.string().map((text) => JSON.stringify(text));
    const message = fc.record({ event: fc.constantFrom("event", "status"), data, id: fc.nat().map(String) });
    const written = ({ event, data: text, id }: Message, end: string) =>
      [`id: ${id}`, `event: ${event}`, `data: ${text}`, "", ""].join(end);
    fc.assert(
      fc.property(
        fc.array(message),
        fc.constantFrom("\n", "\r\n"),
        fc.array(fc.nat(12), { minLength: 1 }),
        (messages, end, sizes) => {
          const stream = messages.map((each) => `: here${end}${end}${written(each, end)}`).join("");
          const read = messageReader();
          const got: Message[] = [];
          for (let from = 0, n = 0; from < stream.length; n++) {
            const size = (sizes[n % sizes.length] ?? 0) + 1;
            got.push(...read(stream.slice(from, from + size)));
            from += size;
          }
          expect(got).toEqual(messages);
        },
      ),
    );
  });
});
