/** One message of a stream of server-sent events. */
export interface Message {
  readonly event: string;
  readonly data: string;
  readonly id: string | undefined;
}

/**
 * Reads server-sent events as they come (HTML Standard, 9.2.6). By hand and not by `EventSource`: that one says neither why it was refused nor
 * that a connection is silent.
 *
 * @returns what takes text and gives the messages that are complete by then
 */
export function messageReader(): (text: string) => readonly Message[] {
  let rest = "";
  return (text) => {
    const blocks = (rest + text).replaceAll("\r\n", "\n").split("\n\n");
    rest = blocks.pop() ?? "";
    return blocks.flatMap((block) => messageOf(block) ?? []);
  };
}

function messageOf(block: string): Message | undefined {
  const fields = block.split("\n").flatMap((line) => {
    const [, name, value] = /^([^:]+):? ?(.*)$/s.exec(line) ?? [];
    return name === undefined ? [] : [{ name, value: value ?? "" }];
  });
  const of = (name: string) => fields.filter((field) => field.name === name).map(({ value }) => value);
  const data = of("data");
  if (data.length === 0) return undefined; // a comment, or `retry`
  return { event: of("event").at(-1) ?? "message", data: data.join("\n"), id: of("id").at(-1) };
}
