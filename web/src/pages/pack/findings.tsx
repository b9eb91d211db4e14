import { useEffect, useState } from "preact/hooks";
import type { PackState, ShownFinding } from "../../documents.ts";
import { Badge, type Tone } from "../../ui/badge.tsx";
import { CodeFrame } from "../../ui/code.tsx";
import type { IconName } from "../../ui/icon.tsx";
import { Empty } from "../../ui/views.tsx";
import { type Example, type Explanation, explanationOf, inlineCode } from "./explanation.ts";

const TONES: Readonly<Record<ShownFinding["severity"], readonly [Tone, IconName]>> = {
  error: ["bad", "cross"],
  warning: ["warn", "warning"],
  hint: ["info", "bolt"],
};

export function Findings({
  findings,
  state,
}: {
  readonly findings: readonly ShownFinding[];
  readonly state: PackState;
}) {
  if (findings.length === 0)
    return (
      <Empty title="No findings" icon="check">
        <p>
          {state === "foreign"
            ? "packsync does not look into what it did not publish."
            : "Everything in it is as it should be."}
        </p>
      </Empty>
    );
  return (
    <ol class="finding-list" aria-label="Findings">
      {worstFirst(findings).map((finding, index) => (
        <li key={`${finding.code} ${finding.file} ${finding.line} ${index}`}>
          <Finding finding={finding} />
        </li>
      ))}
    </ol>
  );
}

/** What keeps the pack from being published stands first. */
function worstFirst(findings: readonly ShownFinding[]): readonly ShownFinding[] {
  const ranks = Object.keys(TONES);
  return findings.toSorted((one, other) => ranks.indexOf(one.severity) - ranks.indexOf(other.severity));
}

function Finding({ finding }: { readonly finding: ShownFinding }) {
  const { severity, code, message, file, line, column, hint, frame } = finding;
  const [tone, icon] = TONES[severity];
  const place = [file, line, column].filter((each) => each !== null).join(":");
  return (
    <section class={`finding ${tone}`} aria-label={`${severity}: ${message}`}>
      <p class="finding-head">
        <Badge tone={tone} icon={icon} text={severity} /> <code class="finding-place">{place}</code>{" "}
        <code class="muted finding-code">{code}</code>
      </p>
      <p class="finding-message">
        <Marked text={message} />
      </p>
      {frame.length > 0 && <CodeFrame frame={frame} label={`${place}, and the lines around it`} />}
      {hint !== null && (
        <p class="finding-hint">
          <span class="muted">What to do:</span> <Marked text={hint} />
        </p>
      )}
      <Why code={code} />
    </section>
  );
}

/** What docs/diagnostics.md says about the code; it is fetched when somebody asks. */
function Why({ code }: { readonly code: string }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details class="explain" onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>Why this matters</summary>
      {isOpen && <Explained code={code} />}
    </details>
  );
}

function Explained({ code }: { readonly code: string }) {
  const [explanation, setExplanation] = useState<Explanation | "unknown" | undefined>(undefined);
  useEffect(() => {
    const show = ({ default: page }: { readonly default: string }) =>
      setExplanation(explanationOf(page, code) ?? "unknown");
    void import("../../../../docs/diagnostics.md?raw").then(show, () => setExplanation("unknown"));
  }, [code]);
  if (explanation === undefined) return <p class="muted">…</p>;
  if (explanation === "unknown") return <p class="muted">There is no more to say about it.</p>;
  const { about, wrong, right } = explanation;
  return (
    <div class="explanation">
      <p>
        <Marked text={about} />
      </p>
      <div class="examples">
        <Examples title="Wrong" examples={wrong} />
        <Examples title="Right" examples={right} />
      </div>
    </div>
  );
}

function Examples({ title, examples }: { readonly title: string; readonly examples: readonly Example[] }) {
  if (examples.length === 0) return null;
  return (
    <div class={`example ${title.toLowerCase()}`}>
      <h3>{title}</h3>
      {examples.map(({ path, text }) => (
        <figure key={path}>
          <figcaption>
            <code>{path}</code>
          </figcaption>
          <pre>{text}</pre>
        </figure>
      ))}
    </div>
  );
}

function Marked({ text }: { readonly text: string }) {
  return (
    <>{inlineCode(text).map(({ text: part, isCode }, index) => (isCode ? <code key={index}>{part}</code> : part))}</>
  );
}
