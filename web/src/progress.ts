/** The four stages of the workflow; a pack's tests run in the last. */
export const STAGES = ["download", "dependencies", "environments", "register"] as const;
export type Stage = (typeof STAGES)[number];

export type StageState = "waiting" | "running" | "done" | "failed" | "skipped";

/** What happened in a job, as `GET /jobs/{id}/events` says it. */
export interface JobEvent {
  readonly id: number;
  readonly type: "state" | "stage" | "line";
  readonly data: Readonly<Record<string, unknown>>;
}

export interface Progress {
  /** `queued`, `running`, and then for good `succeeded`, `failed`, `cancelled` or `interrupted`. */
  readonly state: string;
  readonly stages: Readonly<Record<Stage, StageState>>;
  readonly current: Stage | undefined;
  /** What it does right now, in words. */
  readonly doing: string | undefined;
  readonly percentage: number;
  readonly lines: readonly Line[];
  readonly failure: string | undefined;
  readonly lastId: number;
}

export interface Line {
  readonly id: number;
  readonly stage: string;
  readonly pack: string;
  readonly text: string;
}

/** So many lines are shown. */
const KEPT_LINES = 2000;

export const NOTHING_YET: Progress = {
  state: "queued",
  stages: { download: "waiting", dependencies: "waiting", environments: "waiting", register: "waiting" },
  current: undefined,
  doing: undefined,
  percentage: 0,
  lines: [],
  failure: undefined,
  lastId: 0,
};

/** An event that was seen before changes nothing. */
export function advance(progress: Progress, { id, type, data }: JobEvent): Progress {
  if (id <= progress.lastId) return progress;
  const next = { ...progress, lastId: id };
  if (type === "state") return ended(next, String(data["state"]), failureIn(data["error"]));
  const stage = String(data["stage"] ?? "");
  const pack = String(data["pack"] ?? "");
  const entered = enter(next, stage, pack, Number(data["percentage"] ?? progress.percentage));
  if (type === "stage") return entered;
  const line = { id, stage, pack, text: String(data["line"] ?? "") };
  return { ...entered, lines: [...progress.lines, line].slice(-KEPT_LINES) };
}

/** A download that needs more goes back one stage; what is ahead is never taken for done. */
function enter(progress: Progress, name: string, pack: string, percentage: number): Progress {
  const current = name === "tests" ? "register" : STAGES.find((stage) => stage === name);
  if (current === undefined) return progress;
  const at = STAGES.indexOf(current);
  const stateOf = (stage: Stage, index: number): StageState => {
    if (index === at) return "running";
    if (index > at) return "waiting";
    return progress.stages[stage] === "waiting" ? "skipped" : "done";
  };
  return { ...progress, current, doing: `${DOING[name] ?? name} ${pack}`.trim(), percentage, stages: each(stateOf) };
}

const DOING: Readonly<Record<string, string>> = {
  download: "Downloading",
  dependencies: "Looking at what is needed by",
  environments: "Building the environments of",
  tests: "Running the tests of",
  register: "Publishing and registering",
};

function ended(progress: Progress, state: string, failure: string | undefined): Progress {
  if (state === "queued" || state === "running") return { ...progress, state };
  const isDone = state === "succeeded";
  const stateOf = (stage: Stage): StageState => {
    const was = progress.stages[stage];
    if (was === "running") return isDone ? "done" : "failed";
    return was === "waiting" && isDone ? "skipped" : was;
  };
  const percentage = isDone ? 100 : progress.percentage;
  return { ...progress, state, doing: undefined, percentage, stages: each(stateOf), failure };
}

function each(stateOf: (stage: Stage, index: number) => StageState): Progress["stages"] {
  return Object.fromEntries(STAGES.map((stage, index) => [stage, stateOf(stage, index)])) as Progress["stages"];
}

/** `message` says what to do, too. */
function failureIn(error: unknown): string | undefined {
  return typeof error === "object" && error !== null && "message" in error ? String(error.message) : undefined;
}
