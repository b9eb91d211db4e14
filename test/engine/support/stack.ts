import { mkdirSync } from "node:fs";
import { expect } from "vitest";
import { type Story, story } from "../../scenarios/support/story.ts";
import { linesOf, type TestContainer, type TestEngine } from "../../support/engine.ts";

/** A pack with something of every kind. The script's text is what services write down when they start. */
export const DEMO = {
  "pack.yaml": 'ref: demo\nversion: "1.0.0"\nlabel: Demo\n',
  "README.md": "# demo\n",
  docs: { "use.md": "# use\n" },
  actions: {
    "echo.yaml": "ref: demo.echo\nlabel: Echo\nrunner_type: shell\nentry_point: echo.sh\n",
    "echo.sh": "#!/bin/sh\n# 1\n",
    "fetch.yaml": "ref: demo.fetch\nlabel: Fetch\nrunner_type: python\nentry_point: fetch.py\n",
    "fetch.py": "#!/usr/bin/env python3\nprint(1)\n",
  },
  sensors: { "extra.txt": "1\n" },
} as const;

/** Writes down its starts and ends, and what it reads then; what says `bad` it cannot live with. */
const SERVICE = `all=""
for file in /volume/*/actions/echo.sh; do while read -r line; do last="$line"; done < "$file"; all="$all $last"; done
echo "start$all" >> /out/log
case "$all" in *bad*) echo "Cannot go on with$all" >&2; exit 3;; esac
trap 'echo stop >> /out/log; exit 0' TERM
while :; do sleep 0.02; done`;

/** Packs, a volume, and services of compose that mount it. */
export interface Stack extends AsyncDisposable {
  readonly it: Story;
  /** For the program: which engine, and which project. */
  readonly env: Readonly<Record<string, string>>;
  run(service: string, about?: Partial<TestContainer>): Promise<Container>;
  script(text: string): void;
}

export interface Container {
  readonly id: string;
  /** A directory that it writes to. */
  readonly out: string;
  lines(): readonly string[];
  starts(): number;
  remove(): Promise<void>;
}

let stacks = 0;

/** Services count as back after so short a time, for the tests' sake. */
const SETTINGS = 'services: { "*": { ready: { runs: 200ms, timeout: 20s } } }\npreset: attune-restart\n';

export function startStack(engine: TestEngine, settings = SETTINGS): Stack {
  const project = `stack${++stacks}`;
  const it = story({ packs: { demo: DEMO }, volume: {} });
  it.write("packsync.yaml", settings);
  const ids: string[] = [];
  return {
    it,
    env: { DOCKER_HOST: engine.host, COMPOSE_PROJECT_NAME: project },
    async run(service, about = {}) {
      const { number = 1 } = about;
      const out = it.at(`out-${about.project ?? ""}-${service}-${number}`);
      mkdirSync(out, { recursive: true });
      const binds = [`${it.at("volume")}:/volume`, `${out}:/out`];
      const id = await engine.run({ project, service, script: SERVICE, binds, ...about });
      ids.push(id);
      const lines = () => linesOf(`${out}/log`);
      return {
        ...{ id, out, lines },
        starts: () => lines().filter((line) => line.startsWith("start")).length,
        remove: async () => void (await engine.api("DELETE", `/containers/${id}?force=1`)),
      };
    },
    script: (text) => it.write("packs/demo/actions/echo.sh", `#!/bin/sh\n# ${text}\n`),
    async [Symbol.asyncDispose]() {
      for (const id of ids) await engine.api("DELETE", `/containers/${id}?force=1`).catch(() => {});
      it[Symbol.dispose]();
    },
  };
}

interface Seen {
  readonly service: string;
  readonly state: string;
  readonly why?: string;
  readonly evidence: readonly string[];
}

/** Where services stand, as `packsync services` has it. */
function servicesOf({ it, env }: Stack): Readonly<Record<string, Seen>> {
  const { code, stdout, stderr } = it.packsync(["services", "--format", "json"], { env });
  expect(code, stderr).toBe(0);
  const { services }: { readonly services: readonly Seen[] } = JSON.parse(stdout);
  return Object.fromEntries(services.map((view) => [view.service, view]));
}

export function statesOf(stack: Stack): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(servicesOf(stack)).map(([service, { state }]) => [service, state]));
}
