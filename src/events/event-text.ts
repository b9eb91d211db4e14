import { printableName } from "../platform/names.ts";
import type { PacksyncEvent } from "./event.ts";

/** Longer than anybody reads in a line. */
const LONGEST = 400;

/** A sentence for people, whatever files and packs are called: it cannot forge a line, nor speak to a terminal. */
export function sentence(text: string): string {
  const printable = printableName(text.length > LONGEST ? `${text.slice(0, LONGEST).trimEnd()}…` : text);
  return printable.replaceAll(UNSEEN, escaped);
}

/** An event as one line of JSON, in which nothing is left that a terminal, or who reads lines, could take for something else. */
export function eventJson(event: PacksyncEvent): string {
  return JSON.stringify(event).replaceAll(UNSEEN, escaped);
}

/** What JSON leaves as it is: DEL and the controls beyond it, separators of lines, and what turns the direction of text around. */
const UNSEEN = /[\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g;

function escaped(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
