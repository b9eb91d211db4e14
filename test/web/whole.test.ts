import type { Page } from "playwright-core";
import { expect } from "vitest";
import { PATIENCE } from "../scenarios/support/daemon.ts";
import { brokenYaml, pack } from "../scenarios/support/packs.ts";
import { type Story, story } from "../scenarios/support/story.ts";
import { testWith } from "../support/requires.ts";
import { expectAccessible } from "./support/axe.ts";
import { BROWSER, SIZES, useBrowser } from "./support/browser.ts";
import { useDashboard } from "./support/dashboard.ts";
import { row } from "./support/places.ts";

const FIRST_LOAD_BYTES = 100 * 1024;

function world(): Story {
  const many = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`pack_${index}`, pack(`pack_${index}`)]));
  return story({ packs: { ...many, aws: pack("aws"), rejected: { "pack.yaml": brokenYaml } } });
}

const browser = useBrowser();
const own = useDashboard(world);

testWith(BROWSER, "the first load is at most 100 KB", async () => {
  const { url, wayIn } = await own();
  await using visit = await browser.visit("about:blank");
  const { page } = visit;
  const sizes: Promise<number>[] = [];
  page.on("requestfinished", (request) => {
    if (request.url().startsWith(url) && !request.url().includes("/api/"))
      sizes.push(request.sizes().then(({ responseBodySize }) => responseBodySize));
  });
  await page.goto(wayIn);
  await row(page, "aws", "live").waitFor();
  const bytes = (await Promise.all(sizes)).reduce((sum, each) => sum + each, 0);
  expect(bytes).toBeGreaterThan(10_000);
  expect(bytes).toBeLessThanOrEqual(FIRST_LOAD_BYTES);
});

testWith(
  BROWSER,
  "of 500 packs only those in sight are drawn; a search finds at once, and a change draws no other row anew",
  async () => {
    const { it, wayIn } = await own();
    await using visit = await browser.visit(wayIn);
    const { page } = visit;
    const rows = page.locator("tr[data-pack]");
    await rows.first().waitFor();
    expect(await rows.count()).toBeLessThan(100);
    await page.getByRole("searchbox", { name: "Search packs" }).pressSequentially("pack_49");
    await page.getByRole("status").filter({ hasText: "11 packs shown" }).waitFor({ state: "attached" });
    expect(await rows.count()).toBe(11);
    // A row may stand elsewhere for a moment; that it is another one would be work for nothing.
    await page.evaluate(`
    globalThis.made = 0;
    const rows = new WeakSet(document.querySelectorAll("tr"));
    const count = (changes) => changes.forEach(({ addedNodes }) => { made += [...addedNodes].filter((node) => !rows.has(node)).length; });
    document.querySelectorAll("table tbody").forEach((body) => new MutationObserver(count).observe(body, { childList: true }));
  `);
    const release = () => row(page, "pack_499", "live").locator(".cell-release").textContent();
    const before = await release();
    it.write("packs/pack_499/README.md", "# other\n");
    await expect.poll(release, PATIENCE).not.toBe(before);
    expect(await page.evaluate("made"), "rows that were made anew").toBe(0);
  },
);

testWith(BROWSER, "a connection that is cut is said; once it is back, what was missed is there", async () => {
  const { it, wayIn } = await own();
  await using visit = await browser.visit(wayIn);
  const { page, context } = visit;
  const connection = page.locator(".connection");
  await connection.filter({ hasText: "Live" }).waitFor();
  await context.setOffline(true);
  await connection.filter({ hasText: "Connection lost" }).waitFor();
  await page.getByText("the page tries again by itself").waitFor();
  it.write("packs/aws/pack.yaml", brokenYaml);
  await expect.poll(() => it.packsync(["status", "--format", "json"]).stdout, PATIENCE).toContain("invalid");
  expect(await row(page, "aws", "invalid").count()).toBe(0);
  await context.setOffline(false);
  await connection.filter({ hasText: "Live" }).waitFor();
  await row(page, "aws", "invalid").waitFor();
});

/** What stands on each page once it is there. */
const PAGES: readonly (readonly [string, (page: Page) => Promise<unknown>])[] = [
  ["", (page) => page.locator("tr[data-pack]").first().waitFor()],
  ["packs/rejected", (page) => page.locator(".finding").first().waitFor()],
  ["packs/pack_0/files", (page) => page.getByRole("table", { name: "Files" }).waitFor()],
  ["packs/pack_0/releases", (page) => page.locator(".release").first().waitFor()],
  ["packs/pack_0/components", (page) => page.getByText("pack_0.echo", { exact: true }).click()],
  ["packs/pack_0/catalogs", (page) => page.locator(".tabs").waitFor()],
  ["packs/nobody", (page) => page.getByRole("heading", { name: "No pack is called" }).waitFor()],
  ["events", (page) => page.locator(".event").first().waitFor()],
  ["install", (page) => page.getByRole("button", { name: "Install" }).waitFor()],
  ["charts", (page) => page.locator(".chart canvas").first().waitFor()],
];

const LOOKS = Object.entries(SIZES).flatMap(([name, size]) =>
  (["light", "dark"] as const).map((colorScheme) => ({ about: `${name}, ${colorScheme}`, size, colorScheme })),
);

/** In every look; nothing stands out of the window. */
async function expectSound(page: Page, path: string): Promise<void> {
  for (const { about, size, colorScheme } of LOOKS) {
    await page.setViewportSize(size);
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await expectAccessible(page, `${path}: ${about}`);
    const tooWide = await page.evaluate("document.documentElement.scrollWidth - innerWidth");
    expect(tooWide, `${path}: ${about}`).toBeLessThanOrEqual(0);
  }
}

testWith(
  { ...BROWSER, timeout: 300_000 },
  "axe finds nothing serious on any page, light or dark, wide or narrow, and each fits into the window",
  async () => {
    const { url, wayIn } = await own();
    await using visit = await browser.visit(url);
    const { page } = visit;
    await page.getByLabel("Token").waitFor();
    await expectSound(page, "signing in");
    await page.goto(wayIn);
    await page.reload(); // another `#` alone is no other page
    for (const [path, isThere] of PAGES) {
      await page.goto(`${url}#/${path}`);
      await isThere(page);
      await expectSound(page, path);
    }
  },
);
