import { chmodSync, chownSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { failure, load } from "./scratch.ts";

const inFile = (content: string | Uint8Array) => ({ files: { "packsync.yaml": content } });

const NOBODY = 65_534;
const sourcesHint = "Write for example `sources: {packs: ./packs, try: {path: ./try, kind: development}}`.";

const preserveHint = 'Write for example `preserve: {default: static-elf, files: {"core/sensors/*": off}}`.';

describe("a wrong value or key is shown where it stands", () => {
  test.for([
    {
      yaml: "volume: ./v\n\nlockTimeout:   soon\n",
      at: [3, 16],
      message: "Expected `lockTimeout` to be a number of seconds >= 0, got `soon`",
      hint: "Write for example `lockTimeout: 30`.",
    },
    {
      yaml: "lockTimeout: -1\n",
      at: [1, 14],
      message: "Expected `lockTimeout` to be a number of seconds >= 0, got `-1`",
      hint: "Write for example `lockTimeout: 30`.",
    },
    {
      yaml: "lockTimeout: .inf\n",
      at: [1, 14],
      message: "Expected `lockTimeout` to be a number of seconds >= 0, got `Infinity`",
      hint: "Write for example `lockTimeout: 30`.",
    },
    {
      yaml: "# first\nvolum: ./v\n",
      at: [2, 1],
      message: "Expected a known key, got `volum`",
      hint: "Did you mean `volume`?",
    },
    {
      yaml: "lock_timeout: 1",
      at: [1, 1],
      message: "Expected a known key, got `lock_timeout`",
      hint: "Did you mean `lockTimeout`?",
    },
    {
      yaml: "maxFiles: 1",
      at: [1, 1],
      message: "Expected a known key, got `maxFiles`",
      hint: "Did you mean `limits.maxFiles`?",
    },
    {
      yaml: "log-level: info",
      at: [1, 1],
      message: "Expected a known key, got `log-level`",
      hint: "Did you mean `log.level`?",
    },
    { yaml: "packs: ./p", at: [1, 1], message: "Expected a known key, got `packs`", hint: "Did you mean `sources`?" },
    {
      yaml: "history:\n  keep: 3\n  minage: 1m\n",
      at: [3, 3],
      message: "Expected a known key in `history`, got `minage`",
      hint: "Did you mean `minAge`?",
    },
    {
      yaml: "log:\n  colour: true\n",
      at: [2, 3],
      message: "Expected a known key in `log`, got `colour`",
      hint: "Known here: level, style.",
    },
    {
      yaml: "webhooks: []",
      at: [1, 1],
      message: "Expected a known key, got `webhooks`",
      hint: expect.stringMatching(/^Known here: sources, volume, stateDir, .*, format.*\.$/),
    },
    {
      yaml: "only: [core]",
      at: [1, 1],
      message: "Expected a known key, got `only`",
      hint: "`only` is for a single run: give it as a flag or in the environment.",
    },
    {
      yaml: "allowRemovals: true",
      at: [1, 1],
      message: "Expected a known key, got `allowRemovals`",
      hint: "`allowRemovals` is for a single run: give it as a flag or in the environment.",
    },
    {
      yaml: "volume:\nformat: json",
      at: [1, 8],
      message: "Expected `volume` to be a directory, got nothing",
      hint: "Write for example `volume: ./volume`.",
    },
    {
      yaml: "volume: [a]",
      at: [1, 9],
      message: "Expected `volume` to be a directory, got a list",
      hint: "Write for example `volume: ./volume`.",
    },
    {
      yaml: 'volume: "a\\0b"',
      at: [1, 9],
      message: "Expected `volume` to be a directory, got `a\\u0000b`",
      hint: "Write for example `volume: ./volume`.",
    },
    {
      yaml: "stateDir: 7",
      at: [1, 11],
      message: "Expected `stateDir` to be a directory, got `7`",
      hint: "Write for example `stateDir: /var/lib/packsync`.",
    },
    {
      yaml: "owner: -5",
      at: [1, 8],
      message: "Expected `owner` to be an owner as `uid:gid` or `uid`, in numbers, got `-5`",
      hint: "Write for example `owner: 1000:1000`.",
    },
    {
      yaml: "owner: app:app",
      at: [1, 8],
      message: "Expected `owner` to be an owner as `uid:gid` or `uid`, in numbers, got `app:app`",
      hint: "Write for example `owner: 1000:1000`.",
    },
    {
      yaml: "preserve: false",
      at: [1, 11],
      message: "Expected `preserve` to be one of `static-elf`, `always`, `off`, got `false`",
      hint: "Write for example `preserve: static-elf`.",
    },
    {
      yaml: "preserve:\n  fils: {}\n",
      at: [2, 3],
      message: "Expected a known key in `preserve`, got `fils`",
      hint: "Did you mean `files`?",
    },
    {
      yaml: "preserve:\n  default: of\n",
      at: [2, 12],
      message: "Expected `preserve.default` to be one of `static-elf`, `always`, `off`, got `of`",
      hint: preserveHint,
    },
    {
      yaml: "preserve:\n  files:\n    core/a: off\n    core/b: no\n",
      at: [4, 13],
      message: "Expected `preserve.files.core/b` to be one of `static-elf`, `always`, `off`, got `no`",
      hint: preserveHint,
    },
    ...["timer", "/core/timer", '"!core/timer"', '"#core/timer"', "core/", '"core/a\\nb"'].map((pattern) => ({
      yaml: `preserve:\n  files:\n    core/a: off\n    ${pattern}: off\n`,
      at: [4, 5],
      message: expect.stringContaining(
        "Expected `preserve.files` to be a mapping of patterns for `<ref>/<path>`, such as `core/sensors/*`, to policies",
      ),
      hint: preserveHint,
    })),
    {
      yaml: "preserve: {files: [core/a]}\n",
      at: [1, 19],
      message: expect.stringMatching(/^Expected `preserve.files` to be a mapping of patterns .*, got a list$/),
      hint: preserveHint,
    },
    {
      yaml: "arch:\n  - x86_64\n  - sparc\n",
      at: [2, 3],
      message: expect.stringMatching(/^Expected `arch` to be one of .*, got `sparc`$/),
      hint: "Write for example `arch: x86_64,aarch64`.",
    },
    {
      yaml: "arch: []",
      at: [1, 7],
      message: "Expected `arch` to be a list of at least one machine, such as `x86_64`, got a list",
      hint: "Write for example `arch: x86_64,aarch64`.",
    },
    {
      yaml: "adopt: no",
      at: [1, 8],
      message: "Expected `adopt` to be one of `merge`, `never`, got `no`",
      hint: "Write for example `adopt: merge`.",
    },
    {
      yaml: "limits:\n  maxFiles: 0\n",
      at: [2, 13],
      message: "Expected `limits.maxFiles` to be a whole number >= 1, got `0`",
      hint: "Write for example `maxFiles: 200000`.",
    },
    {
      yaml: "limits:\n  maxFiles: 1.5\n",
      at: [2, 13],
      message: "Expected `limits.maxFiles` to be a whole number >= 1, got `1.5`",
      hint: "Write for example `maxFiles: 200000`.",
    },
    {
      yaml: "limits: {maxFileSize: 64 MuB}",
      at: [1, 23],
      message: "Expected `limits.maxFileSize` to be a size in bytes, such as `1048576`, `64MiB` or `1GB`, got `64 MuB`",
      hint: "Write for example `maxFileSize: 1GiB`.",
    },
    {
      yaml: "limits: {maxPackSize: 1e300}",
      at: [1, 23],
      message: "Expected `limits.maxPackSize` to be a size in bytes, such as `1048576`, `64MiB` or `1GB`, got `1e+300`",
      hint: "Write for example `maxPackSize: 8GiB`.",
    },
    {
      yaml: "limits: {maxDefinitionSize: [1]}",
      at: [1, 29],
      message:
        "Expected `limits.maxDefinitionSize` to be a size in bytes, such as `1048576`, `64MiB` or `1GB`, got a list",
      hint: "Write for example `maxDefinitionSize: 4MiB`.",
    },
    {
      yaml: "limits: 5",
      at: [1, 9],
      message: "Expected `limits` to be a mapping of settings, got `5`",
      hint: undefined,
    },
    {
      yaml: "history: {keep: -1}",
      at: [1, 17],
      message: "Expected `history.keep` to be a whole number >= 0, got `-1`",
      hint: "Write for example `keep: 5`.",
    },
    {
      yaml: "history: {minAge: 10 minutes}",
      at: [1, 19],
      message:
        "Expected `history.minAge` to be a number of seconds >= 0, or a duration such as `10m`, got `10 minutes`",
      hint: "Write for example `minAge: 10m`.",
    },
    {
      yaml: "history: {maxBytes: lots}",
      at: [1, 21],
      message: "Expected `history.maxBytes` to be a size in bytes, such as `1048576`, `64MiB` or `1GB`, got `lots`",
      hint: "Write for example `maxBytes: 2GiB`.",
    },
    {
      yaml: "require: [core, My Pack]",
      at: [1, 10],
      message:
        "Expected `require` to be pack refs of lower-case letters, digits, `_` and `-`, such as `core, deploy`, got `My Pack`",
      hint: "Write for example `require: core`.",
    },
    {
      yaml: "log: {level: loud}",
      at: [1, 14],
      message: "Expected `log.level` to be one of `trace`, `debug`, `info`, `warn`, `error`, `silent`, got `loud`",
      hint: "Write for example `level: info`.",
    },
    {
      yaml: "log: {style: nice}",
      at: [1, 14],
      message: "Expected `log.style` to be one of `auto`, `pretty`, `json`, got `nice`",
      hint: "Write for example `style: pretty`.",
    },
    {
      yaml: "format: yaml",
      at: [1, 9],
      message: "Expected `format` to be one of `text`, `json`, got `yaml`",
      hint: "Write for example `format: json`.",
    },
    {
      yaml: "sources:\n  my packs: ./p\n",
      at: [2, 3],
      message: expect.stringMatching(
        /^Expected `sources` to be a mapping of names .* to directories.*, got `my packs`$/,
      ),
      hint: sourcesHint,
    },
    {
      yaml: "sources: {}",
      at: [1, 10],
      message: expect.stringMatching(/^Expected `sources` to be a mapping .* with at least one, got a mapping$/),
      hint: sourcesHint,
    },
    {
      yaml: "sources:\n",
      at: [1, 9],
      message: expect.stringMatching(/^Expected `sources` to be a mapping .*, got nothing$/),
      hint: sourcesHint,
    },
    {
      yaml: "sources:\n  - ./packs\n",
      at: [2, 3],
      message: expect.stringMatching(/^Expected `sources` to be a mapping .*, got a list$/),
      hint: sourcesHint,
    },
    {
      yaml: "sources: {packs: 5}",
      at: [1, 18],
      message: "Expected `sources.packs` to be a directory, or `{path, kind, mode, dialect}`, got `5`",
      hint: sourcesHint,
    },
    {
      yaml: "sources:\n  packs:\n    path: ./p\n    kind: prod\n",
      at: [4, 11],
      message: "Expected `sources.packs.kind` to be one of `production`, `development`, got `prod`",
      hint: sourcesHint,
    },
    {
      yaml: "sources:\n  packs:\n    kind: production\n",
      at: [3, 5],
      message: "Expected `sources.packs.path` to be a directory, got nothing",
      hint: sourcesHint,
    },
    {
      yaml: "sources:\n  packs:\n    path: ./p\n    kin: production\n",
      at: [4, 5],
      message: "Expected a known key in `sources.packs`, got `kin`",
      hint: "Did you mean `kind`?",
    },
    {
      yaml: "format: xml\nzzz: 1\nlog: {level: loud}\nvolume: ./v\n",
      at: [1, 9],
      message: "Expected `format` to be one of `text`, `json`, got `xml` (and 2 more problems)",
      hint: "Write for example `format: json`.",
    },
    {
      yaml: "zzz: 1\r\nformat: xml\r\n",
      at: [1, 1],
      message: "Expected a known key, got `zzz` (and 1 more problem)",
      hint: expect.stringMatching(/^Known here/),
    },
    {
      yaml: `volume: &long [${"x".repeat(80)}]\nformat: ${"y".repeat(80)}`,
      at: [1, 15],
      message: "Expected `volume` to be a directory, got a list (and 1 more problem)",
      hint: "Write for example `volume: ./volume`.",
    },
    {
      yaml: `format: ${"y".repeat(80)}`,
      at: [1, 9],
      message: `Expected \`format\` to be one of \`text\`, \`json\`, got \`${"y".repeat(60)}…\``,
      hint: "Write for example `format: json`.",
    },
  ])("$yaml", async ({ yaml, at: [line, column], message, hint }) => {
    expect(await failure(inFile(yaml))).toMatchObject({
      ...{ code: "CONFIG_INVALID", message, hint },
      position: { file: "packsync.yaml", line, column },
    });
  });
});

describe("what is no mapping of settings", () => {
  test.for([
    {
      title: "a text",
      yaml: "\njust words",
      at: [2, 1],
      message: "Expected `packsync.yaml` to be a mapping of settings, got `just words`",
    },
    {
      title: "a list",
      yaml: "- a\n- b\n",
      at: [1, 1],
      message: "Expected `packsync.yaml` to be a mapping of settings, got a list",
    },
    {
      title: "an open bracket",
      yaml: "volume: v\narch: [x86_64\n",
      at: [3, 1],
      message: /^Expected `packsync.yaml` to be YAML: /,
    },
    {
      title: "a tab for indentation",
      yaml: "log:\n\tlevel: info\n",
      at: [2, 1],
      message: /^Expected `packsync.yaml` to be YAML: /,
    },
    {
      title: "a key given twice",
      yaml: "volume: a\nformat: json\nvolume: b\n",
      at: [3, 1],
      message: "Expected `packsync.yaml` to be YAML: Map keys must be unique",
    },
    {
      title: "two documents",
      yaml: "volume: a\n---\nvolume: b\n",
      at: [2, 1],
      message: /^Expected `packsync.yaml` to be YAML: .*documents/,
    },
    {
      title: "an unknown tag",
      yaml: "volume: !secret x\n",
      at: [1, 9],
      message: "Expected `packsync.yaml` to be YAML: Unresolved tag: !secret",
    },
    {
      title: "an alias to nothing",
      yaml: "volume: *there\n",
      at: [1, 1],
      message: /^Expected `packsync.yaml` to be YAML: /,
    },
    {
      title: "aliases that multiply",
      yaml: [
        "a: &a [x, x, x, x, x, x, x, x, x]",
        ..."bcdefgh".split("").map((name, index) => {
          const previous = "abcdefg"[index];
          return `${name}: &${name} [${Array(9).fill(`*${previous}`).join(", ")}]`;
        }),
      ].join("\n"),
      at: [1, 1],
      message: /^Expected `packsync.yaml` to be YAML: Excessive alias count/,
    },
  ])("$title", async ({ yaml, at: [line, column], message }) => {
    const error = await failure(inFile(yaml));
    expect(error).toMatchObject({ code: "CONFIG_INVALID", position: { file: "packsync.yaml", line, column } });
    expect(error.message).toMatch(message);
  });
});

describe("files of all kinds", () => {
  test.for([
    { title: "an empty file says nothing", content: "", format: "text" },
    { title: "a file of comments says nothing", content: "# format: json\n", format: "text" },
    { title: "a file of `---` says nothing", content: "---\n", format: "text" },
    { title: "a byte order mark is no part of the first key", content: "\uFEFFformat: json\n", format: "json" },
    { title: "line ends of Windows", content: "volume: v\r\nformat: json\r\n", format: "json" },
    { title: "JSON", content: '{"format": "json"}', format: "json" },
  ])("$title", async ({ content, format }) => {
    const { config, file } = await load(inFile(content));
    expect(config.format).toBe(format);
    expect(file).toBe("packsync.yaml");
  });

  test("a byte order mark does not move positions", async () => {
    const { position } = await failure(inFile("\uFEFFformat: xml\n"));
    expect(position).toMatchObject({ line: 1, column: 9 });
  });

  test.for([
    {
      title: "more than 1 MiB",
      prepare: (file: string) => writeFileSync(file, `# ${"x".repeat(2 ** 20)}\n`),
      message: "Expected `packsync.yaml` to have at most 1 MiB, got more",
    },
    {
      title: "a file without end",
      prepare: (file: string) => symlinkSync("/dev/zero", file),
      message: "Expected `packsync.yaml` to have at most 1 MiB, got more",
    },
    {
      title: "a directory",
      prepare: (file: string) => mkdirSync(file),
      message: "Expected `packsync.yaml` to be a file, got a directory",
    },
    {
      title: "Latin-1",
      prepare: (file: string) => writeFileSync(file, Buffer.from("volume: caf\xe9\n", "latin1")),
      message: "Expected `packsync.yaml` to be text in UTF-8, got other bytes",
    },
    {
      title: "a symlink to itself",
      prepare: (file: string) => symlinkSync("packsync.yaml", file),
      message: "Expected `packsync.yaml` to be readable, got ELOOP",
    },
  ])("refuses $title", async ({ prepare, message }) => {
    const error = await failure({ prepare: (cwd) => prepare(join(cwd, "packsync.yaml")) });
    expect(error).toMatchObject({ code: "CONFIG_INVALID", message, hint: expect.any(String) });
  });

  test("takes exactly 1 MiB", async () => {
    const { config } = await load(inFile("format: json\n#".padEnd(2 ** 20, "x")));
    expect(config.format).toBe("json");
  });

  test("refuses a file that it may not read", async () => {
    const isRoot = process.geteuid?.() === 0;
    try {
      const error = await failure({
        ...inFile("format: json"),
        prepare: (cwd) => {
          chmodSync(join(cwd, "packsync.yaml"), 0);
          if (!isRoot) return; // who reads everything
          chownSync(cwd, NOBODY, NOBODY);
          process.seteuid?.(NOBODY);
        },
      });
      expect(error.message).toBe("Expected `packsync.yaml` to be readable, got EACCES");
    } finally {
      if (isRoot) process.seteuid?.(0);
    }
  });

  test("names the image's file when that is wrong", async () => {
    const { position } = await failure({ image: "volume: v\nformat: xml\n" });
    expect(position).toEqual({ file: "image/defaults.yaml", line: 2, column: 9 });
  });
});
