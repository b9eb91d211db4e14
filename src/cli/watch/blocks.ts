import type { CommandContext } from "../context.ts";
import { statusDocument, statusPage } from "../status-page.ts";
import { plain } from "../text.ts";
import type { Display } from "./display.ts";
import { shownIn } from "./signs.ts";
import { newsOf, type View } from "./view.ts";

/** On what is no screen: everything once more whenever something is new, without an escape code; as JSON a line each. */
export function blocksOn({ loaded: { config }, stdout, env }: CommandContext): Display {
  const shown = shownIn(env);
  const write = (view: View): void => {
    if (config.format === "json") stdout.write(`${JSON.stringify(statusDocument(view.seen, config))}\n`);
    else stdout.write(`${pageOf(view).split("\n").map(shown).join("\n")}\n`);
  };
  const pageOf = ({ seen, lostAt, trouble }: View): string => {
    const lost = lostAt === undefined ? "" : `  the daemon does not answer since ${lostAt.toISOString()}\n`;
    return statusPage(seen, config, plain) + lost + (trouble === undefined ? "" : `  ${trouble}\n`);
  };
  let last = "";
  return {
    show(view) {
      const news = newsOf(view);
      if (news !== last) write(view);
      last = news;
    },
    [Symbol.dispose]: () => {},
  };
}
