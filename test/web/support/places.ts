import type { Locator, Page } from "playwright-core";

/** A pack's row in the overview, in this state. */
export function row(page: Page, ref: string, state: string): Locator {
  return page.locator(`tr[data-pack="${ref}"][data-state="${state}"]`);
}

/** The state that a pack's page says. */
export async function badge(page: Page): Promise<string> {
  const shown = await page.locator(".pack-state .badge").textContent();
  return shown === "just now" ? "live" : (shown ?? "");
}

/** Presses Tab until what has the focus is called so. */
export async function tabTo(page: Page, name: RegExp): Promise<void> {
  for (let presses = 0; presses < 200; presses++) {
    await page.keyboard.press("Tab");
    const focused = page.locator(":focus");
    if ((await focused.count()) === 0) continue;
    const [text, label] = [await focused.textContent(), await focused.getAttribute("aria-label")];
    if (name.test((label ?? text ?? "").trim())) return;
  }
  throw new Error(`nothing that Tab reaches is called ${name}`);
}
