import { COLLECTION_STYLE, EVENT_ID, type Event } from "js-yaml";

/**
 * Where a line begins with a tab, outside of texts and brackets. YAML 1.2 allows that before comments and in empty
 * lines; PyYAML and libyaml find a "character that cannot start any token".
 *
 * @param events of the whole text, in its order
 */
export function indentingTab(text: string, events: readonly Event[]): number | undefined {
  if (!text.includes("\t")) return undefined;

  const brackets: boolean[] = [];
  let mayHaveTabs = false;
  let scalarEnd = -1;
  let next = 0;
  for (const { index, 0: blank } of text.matchAll(/^ *\t/gm)) {
    const tab = index + blank.length - 1;
    for (let event = events[next]; event !== undefined && startOf(event) <= tab; event = events[++next]) {
      if (event.type === EVENT_ID.POP) {
        // Nobody tells where a bracket closes, so what stands behind it has the benefit of the doubt.
        brackets.pop();
        continue;
      }
      if (event.type === EVENT_ID.SCALAR) scalarEnd = Math.max(scalarEnd, event.valueEnd);
      else if (event.type !== EVENT_ID.ALIAS) brackets.push("style" in event && event.style === COLLECTION_STYLE.FLOW);
      mayHaveTabs = brackets.includes(true);
    }
    if (!mayHaveTabs && scalarEnd <= tab) return tab;
  }
  return undefined;
}

function startOf(event: Event): number {
  if (event.type === EVENT_ID.SCALAR) return event.valueStart;
  return "start" in event ? event.start : -1;
}
