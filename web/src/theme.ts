import { signal } from "@preact/signals";

export const THEMES = ["auto", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

const KEY = "packsync.theme";

export const theme = signal<Theme>("auto");

/** `auto`: as the system has it. */
export function setTheme(next: Theme): void {
  theme.value = next;
  const { dataset } = document.documentElement;
  if (next === "auto") delete dataset["theme"];
  else dataset["theme"] = next;
  try {
    localStorage.setItem(KEY, next);
  } catch {} // a browser that keeps nothing
}

export function restoreTheme(): void {
  try {
    const kept = localStorage.getItem(KEY);
    setTheme(THEMES.find((each) => each === kept) ?? "auto");
  } catch {} // likewise
}
