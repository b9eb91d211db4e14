import type { ShownFinding } from "../documents.ts";

export function Code({ text }: { readonly text: string }) {
  return <code class="code">{text}</code>;
}

type FrameLine = ShownFinding["frame"][number];

/** Lines of a file around a finding; what it is about is underlined, and marked for screen readers. */
export function CodeFrame({ frame, label }: { readonly frame: readonly FrameLine[]; readonly label: string }) {
  return (
    <figure class="frame" aria-label={label}>
      <pre>
        {frame.map((line) => (
          <FrameRow key={line.line} {...line} />
        ))}
      </pre>
    </figure>
  );
}

function FrameRow({ line, text, marked }: FrameLine) {
  const [from, to] = marked ?? [text.length, text.length];
  return (
    <div class={marked === null ? "frame-line" : "frame-line marked"}>
      <span class="frame-number">{line}</span>
      <span class="frame-text">
        {text.slice(0, from)}
        {marked !== null && <mark>{text.slice(from, to) || " "}</mark>}
        {text.slice(to)}
      </span>
      {"\n"}
    </div>
  );
}
