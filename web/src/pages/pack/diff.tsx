import type { ReleaseDiff } from "../../documents.ts";
import { plural } from "../../text.ts";
import { Scroll } from "../../ui/scroll.tsx";
import { Loaded } from "../../ui/views.tsx";
import { useLoad } from "../../use-load.ts";

type FileDiff = ReleaseDiff["files"][number];

const SIGNS = { added: "+", removed: "−", changed: "~" } as const;

/** Of YAML the values that are others, of other text the lines. */
export function Diff({ path, from, to }: { readonly path: string; readonly from: string; readonly to: string }) {
  const [load, again] = useLoad<ReleaseDiff>(
    `${path}/diff?from=${encodeURIComponent(from)}&to=${encodeURIComponent(to)}`,
  );
  return (
    <Loaded load={load} what="what is different" again={again}>
      {({ files }) => (
        <div class="diff">
          <p class="muted" role="status">
            {files.length === 0
              ? "Nothing: both have the same files."
              : `${plural(files.length, "file")} ${files.length === 1 ? "is" : "are"} different.`}
          </p>
          {files.map((file) => (
            <FileChange key={file.path} file={file} isOpen={files.length <= 20} />
          ))}
        </div>
      )}
    </Loaded>
  );
}

function FileChange({ file, isOpen }: { readonly file: FileDiff; readonly isOpen: boolean }) {
  const { path, kind, keys, lines, note } = file;
  return (
    <details class={`file-diff ${kind}`} open={isOpen}>
      <summary>
        <span class="sign" aria-hidden="true">
          {SIGNS[kind]}
        </span>{" "}
        <code>{path}</code> <span class="muted">{kind}</span>
      </summary>
      {note !== null && <p class="muted">{note}</p>}
      {keys.length > 0 && <Keys keys={keys} path={path} />}
      {lines.length > 0 && (
        <Scroll label={`Lines of ${path}`} class="hunks">
          <pre>
            {lines.map((line, index) => (
              <span key={index} class={`hunk ${classOf(line)}`}>
                {line}
                {"\n"}
              </span>
            ))}
          </pre>
        </Scroll>
      )}
    </details>
  );
}

function classOf(line: string): string {
  if (line.startsWith("@@")) return "where";
  return line.startsWith("+") ? "added" : line.startsWith("-") ? "removed" : "";
}

function Keys({ keys, path }: { readonly keys: FileDiff["keys"]; readonly path: string }) {
  return (
    <table class="keys" aria-label={`Values of ${path}`}>
      <thead>
        <tr>
          <th scope="col">Value</th>
          <th scope="col">Before</th>
          <th scope="col">After</th>
        </tr>
      </thead>
      <tbody>
        {keys.map((key) => (
          <tr key={key.path}>
            <th scope="row">
              <code>{key.path}</code>
            </th>
            <td>{key.before === null ? <span class="muted">–</span> : <del>{key.before}</del>}</td>
            <td>{key.after === null ? <span class="muted">–</span> : <ins>{key.after}</ins>}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
