import type { Job } from "../../documents.ts";
import { cancelJob, isOver } from "../../jobs.ts";
import { type Line, type Progress, STAGES, type Stage, type StageState } from "../../progress.ts";
import { link } from "../../route.ts";
import { mayChange } from "../../store.ts";
import { Button } from "../../ui/button.tsx";
import { Icon, type IconName } from "../../ui/icon.tsx";
import { Scroll } from "../../ui/scroll.tsx";
import { useJob } from "../../use-job.ts";
import { subjectOf } from "./subject.ts";

const TITLES: Readonly<Record<Stage, string>> = {
  download: "Download",
  dependencies: "Dependencies",
  environments: "Environments",
  register: "Register",
};

const LOOKS: Readonly<Record<StageState, readonly [IconName, string]>> = {
  waiting: ["clock", "waits"],
  running: ["bolt", "runs"],
  done: ["check", "done"],
  failed: ["cross", "failed"],
  skipped: ["dash", "not needed"],
};

/** Kinds that go through the stages; others are one step. */
const STAGED: readonly Job["kind"][] = ["install", "upload", "register", "register-batch", "download"];

/** One job, as it goes. */
export function JobCard({ job, onOver }: { readonly job: Job; readonly onOver: () => void }) {
  const { progress, result } = useJob(job.id, onOver);
  const { state, percentage, doing, failure, lines } = progress;
  const isRunning = !isOver(state);
  const title = `${job.kind} ${subjectOf(job)}`;
  return (
    <section class={`job ${state}`} aria-label={title}>
      <header class="job-head">
        <h2>
          {job.kind} <code>{subjectOf(job)}</code>
        </h2>
        {isRunning && mayChange.value && (
          <Button onClick={() => void cancelJob(job.id)} kind="danger" label={`Cancel: ${title}`}>
            Cancel
          </Button>
        )}
      </header>
      {STAGED.includes(job.kind) && <Stages progress={progress} />}
      {isRunning && <progress max={100} value={percentage} aria-label={title} />}
      <p role="status" class="job-state">
        {stateText(state, doing)}
      </p>
      {failure !== undefined && (
        <div class="failure" role="alert">
          <Icon name="warning" />
          <p>{failure}</p>
        </div>
      )}
      {state === "succeeded" && <Result result={result} />}
      {lines.length > 0 && <Output lines={lines} />}
    </section>
  );
}

function stateText(state: string, doing: string | undefined): string {
  if (state === "running") return `${doing ?? "Begins"} …`;
  if (state === "queued") return "Waits for its turn …";
  return (
    {
      succeeded: "Done.",
      failed: "It failed.",
      cancelled: "It was cancelled.",
      interrupted: "The server ended before it did.",
    }[state] ?? state
  );
}

function Stages({ progress }: { readonly progress: Progress }) {
  return (
    <ol class="job-stages" aria-label="Stages">
      {STAGES.map((stage) => {
        const state = progress.stages[stage];
        const [icon, text] = LOOKS[state];
        return (
          <li key={stage} class={`job-stage ${state}`} aria-current={state === "running" ? "step" : undefined}>
            <Icon name={icon} />
            <span>
              <b>{TITLES[stage]}</b>
              <small>{text}</small>
            </span>
          </li>
        );
      })}
    </ol>
  );
}

function Output({ lines }: { readonly lines: readonly Line[] }) {
  return (
    <Scroll label="Output" class="output" end="in view">
      <pre>{lines.map(({ pack, text }) => `${pack} │ ${text}`).join("\n")}</pre>
    </Scroll>
  );
}

/** Of an installation: which pack it is now. */
function Result({ result }: { readonly result: unknown }) {
  const pack = mappingIn(result, "pack");
  const ref = pack?.["ref"];
  if (typeof ref !== "string") return null;
  const tests = mappingIn(result, "test_result")?.["status"];
  return (
    <p class="job-result">
      <a href={link.pack(ref)}>{ref}</a> {String(pack?.["version"] ?? "")} is live
      {typeof tests === "string" && `; its tests ${tests}`}.
    </p>
  );
}

function mappingIn(value: unknown, field: string): Readonly<Record<string, unknown>> | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const found = (value as Readonly<Record<string, unknown>>)[field];
  return typeof found === "object" && found !== null ? (found as Readonly<Record<string, unknown>>) : undefined;
}
