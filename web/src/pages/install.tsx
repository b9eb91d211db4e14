import { useEffect, useState } from "preact/hooks";
import { type Failure, isFailure } from "../api.ts";
import type { Job } from "../documents.ts";
import { isOver, startJob } from "../jobs.ts";
import { mayChange } from "../store.ts";
import { Button } from "../ui/button.tsx";
import { Empty, FailureView, Loaded } from "../ui/views.tsx";
import { useLoad } from "../use-load.ts";
import { JobCard } from "./install/job-card.tsx";
import { JobList } from "./install/job-list.tsx";
import "./shared.css";
import "./install.css";

/** Packs from elsewhere, and the jobs of everybody. */
export function InstallPage() {
  const [load, again] = useLoad<readonly Job[]>("api/v1/jobs?page_size=30");
  const [chosen, setChosen] = useState<string | undefined>(undefined);
  const started = (job: Job): void => {
    setChosen(job.id);
    again();
  };
  return (
    <article class="install-page">
      <header class="page-head">
        <h1>Install</h1>
      </header>
      {mayChange.value ? (
        <Forms onStarted={started} />
      ) : (
        <p class="muted">Who is signed in with the scope packs:create may install packs here.</p>
      )}
      <Loaded load={load} what="the jobs" again={again}>
        {(jobs) => <Jobs jobs={jobs} chosen={chosen} onChoice={setChosen} onOver={again} />}
      </Loaded>
    </article>
  );
}

interface JobsProps {
  readonly jobs: readonly Job[];
  readonly chosen: string | undefined;
  readonly onChoice: (id: string) => void;
  readonly onOver: () => void;
}

/** At first the one that runs: whoever comes back finds it, and sees it end. */
function Jobs({ jobs, chosen, onChoice, onOver }: JobsProps) {
  const running = jobs.find(({ state }) => !isOver(state))?.id;
  useEffect(() => {
    if (chosen === undefined && running !== undefined) onChoice(running);
  }, [chosen, running]);
  const shown = jobs.find(({ id }) => id === (chosen ?? running));
  if (jobs.length === 0 && chosen === undefined)
    return (
      <Empty title="No jobs yet" icon="clock">
        <p>What is installed, rolled back or verified here is listed, and can be looked at again.</p>
      </Empty>
    );
  return (
    <>
      {shown !== undefined && <JobCard key={shown.id} job={shown} onOver={onOver} />}
      <JobList jobs={jobs} current={shown?.id} onChoice={onChoice} />
    </>
  );
}

function Forms({ onStarted }: { readonly onStarted: (job: Job) => void }) {
  const [failure, setFailure] = useState<Failure | undefined>(undefined);
  const send = async (order: Promise<Awaited<ReturnType<typeof startJob>>>): Promise<void> => {
    setFailure(undefined);
    const answer = await order;
    if (isFailure(answer)) setFailure(answer.failure);
    else onStarted(answer.data);
  };
  return (
    <>
      <SourceForm onSend={(body) => void send(startJob("api/v1/packs/install", body))} />
      <UploadForm onSend={(form) => void send(startJob("api/v1/packs/upload", form))} />
      {failure !== undefined && <FailureView failure={failure} />}
    </>
  );
}

function SourceForm({ onSend }: { readonly onSend: (body: object) => void }) {
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const ref = String(form.get("ref_spec") ?? "").trim();
    onSend({
      source: String(form.get("source") ?? "").trim(),
      ...(ref !== "" && { ref_spec: ref }),
      ...{ force: form.has("force"), skip_tests: form.has("skip_tests"), skip_deps: form.has("skip_deps") },
    });
  };
  return (
    <form class="install-form" onSubmit={submit} aria-label="Install from a source">
      <label class="field wide">
        <span>Source</span>
        <input name="source" required autocomplete="off" spellcheck={false} aria-describedby="source-about" />
        <small id="source-about" class="muted">
          A pack of a registry (<code>aws@1.2.0</code>), a git repository, an archive's address, or a path on the
          server.
        </small>
      </label>
      <label class="field">
        <span>Branch, tag or commit</span>
        <input name="ref_spec" autocomplete="off" spellcheck={false} aria-describedby="ref-about" />
        <small id="ref-about" class="muted">
          Of git; may be empty.
        </small>
      </label>
      <fieldset class="choices">
        <legend class="sr">How</legend>
        <Check name="force" text="Also if it is installed already" />
        <Check name="skip_tests" text="Skip its tests" />
        <Check name="skip_deps" text="Skip what it needs" />
      </fieldset>
      <Button type="submit" kind="primary">
        Install
      </Button>
    </form>
  );
}

function UploadForm({ onSend }: { readonly onSend: (form: FormData) => void }) {
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const given = new FormData(event.currentTarget as HTMLFormElement);
    const form = new FormData();
    // Fields before the file: the server reads them as they come.
    for (const name of ["force", "skip_tests"]) form.append(name, String(given.has(name)));
    const pack = given.get("pack");
    if (pack instanceof File) form.append("pack", pack);
    onSend(form);
  };
  return (
    <details class="upload">
      <summary>Or upload an archive</summary>
      <form class="install-form" onSubmit={submit} aria-label="Install an archive">
        <label class="field wide">
          <span>A tar.gz of a pack, at most 100 MiB</span>
          <input type="file" name="pack" required accept=".tgz,.tar.gz,application/gzip" />
        </label>
        <fieldset class="choices">
          <legend class="sr">How</legend>
          <Check name="force" text="Also if it is installed already" />
          <Check name="skip_tests" text="Skip its tests" />
        </fieldset>
        <Button type="submit">Upload</Button>
      </form>
    </details>
  );
}

function Check({ name, text }: { readonly name: string; readonly text: string }) {
  return (
    <label class="check">
      <input type="checkbox" name={name} /> {text}
    </label>
  );
}
