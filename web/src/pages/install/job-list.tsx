import type { Job } from "../../documents.ts";
import { Badge, type Tone } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import type { IconName } from "../../ui/icon.tsx";
import { type Column, Table } from "../../ui/table.tsx";
import { duration, Time } from "../../ui/time.tsx";
import { subjectOf } from "./subject.ts";

const STATES: Readonly<Record<Job["state"], readonly [Tone, IconName]>> = {
  queued: ["quiet", "clock"],
  running: ["info", "bolt"],
  succeeded: ["good", "check"],
  failed: ["bad", "cross"],
  cancelled: ["quiet", "dash"],
  interrupted: ["warn", "warning"],
};

interface JobListProps {
  readonly jobs: readonly Job[];
  readonly current: string | undefined;
  readonly onChoice: (id: string) => void;
}

export function JobList({ jobs, current, onChoice }: JobListProps) {
  const columns: readonly Column<Job>[] = [
    {
      id: "kind",
      title: "Job",
      cell: (job) => (
        <Button kind="bare" pressed={job.id === current} onClick={() => onChoice(job.id)}>
          {job.kind} {subjectOf(job)}
        </Button>
      ),
    },
    {
      id: "state",
      title: "State",
      cell: ({ state }) => {
        const [tone, icon] = STATES[state];
        return <Badge tone={tone} icon={icon} text={state} />;
      },
    },
    { id: "created", title: "Begun", cell: ({ created }) => <Time at={created} /> },
    {
      id: "took",
      title: "Took",
      cell: ({ started, ended }) => (started && ended ? duration(Date.parse(ended) - Date.parse(started)) : ""),
    },
  ];
  return (
    <section aria-labelledby="jobs">
      <h2 id="jobs">Jobs</h2>
      <Table label="Jobs" columns={columns} rows={jobs} keyOf={({ id }) => id} />
    </section>
  );
}
