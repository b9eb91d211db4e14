import { expect } from "vitest";
import { pack } from "../scenarios/support/packs.ts";
import { story } from "../scenarios/support/story.ts";
import { testWith } from "../support/requires.ts";
import { BROWSER, useBrowser } from "./support/browser.ts";
import { dashboard, TOKEN, useDashboard } from "./support/dashboard.ts";
import { row, tabTo } from "./support/places.ts";

const browser = useBrowser();
const own = useDashboard(() => story({ packs: { demo: pack("demo"), other: pack("other") } }));

testWith(
  BROWSER,
  "who has a wrong token is told so; with the right one one is in, also after a reload, until one signs out",
  async () => {
    await using visit = await browser.visit((await own()).url);
    const { page, context } = visit;
    const token = page.getByLabel("Token");
    await token.fill("wrong-0123456789abcdef");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("alert").filter({ hasText: /token/ }).waitFor();
    await token.fill(TOKEN);
    await page.getByRole("button", { name: "Sign in" }).click();
    await row(page, "demo", "live").waitFor();
    expect(
      await page.evaluate("document.cookie + JSON.stringify(localStorage)"),
      "what a script could read",
    ).not.toContain(TOKEN);
    expect(await context.cookies()).toMatchObject([{ httpOnly: true, sameSite: "Strict" }]);
    await page.reload();
    await row(page, "demo", "live").waitFor();
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByLabel("Token").waitFor();
    expect(await row(page, "demo", "live").count()).toBe(0);
  },
);

testWith(
  BROWSER,
  "the way in that the program shows signs in, and its token does not stay in the address",
  async () => {
    await using visit = await browser.visit((await own()).wayIn);
    await row(visit.page, "demo", "live").waitFor();
    expect(visit.page.url()).not.toContain(TOKEN);
  },
);

testWith(BROWSER, "with the keyboard alone: sign in, search, open a pack, roll it back, sign out", async () => {
  const { it, url } = await own();
  it.write("packs/demo/README.md", "# demo\n");
  await using visit = await browser.visit(url);
  const { page } = visit;
  await page.getByLabel("Token").waitFor();
  await page.keyboard.type(TOKEN); // the field has the focus
  await page.keyboard.press("Enter");
  await row(page, "demo", "live").waitFor();
  await tabTo(page, /^To the content$/);
  await page.keyboard.press("Enter");
  while (!(await page.evaluate("document.activeElement?.matches('input[type=search]')")))
    await page.keyboard.press("Tab");
  await page.keyboard.type("demo");
  await row(page, "other", "live").waitFor({ state: "detached" });
  await tabTo(page, /^demo$/);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "demo", exact: false, level: 1 }).waitFor();
  await tabTo(page, /^Releases/);
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: /^Roll back to this/ }).waitFor();
  await tabTo(page, /^Roll back to this/);
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog");
  await dialog.waitFor();
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  expect(await page.locator(":focus").textContent()).toMatch(/^Roll back to this/);
  await page.keyboard.press("Enter");
  await dialog.waitFor();
  await tabTo(page, /^Roll back$/);
  await page.keyboard.press("Enter");
  await page.getByText(/^demo is rolled back to/).waitFor();
  expect(it.exists("volume/demo/README.md")).toBe(false);
  await page.keyboard.press("Home");
  await tabTo(page, /^Sign out$/);
  await page.keyboard.press("Enter");
  await page.getByLabel("Token").waitFor();
});

testWith(BROWSER, "where anybody may read, everything is seen and nothing can be changed", async () => {
  using it = story({ packs: { demo: pack("demo") } });
  await using open = await dashboard(it, { server: { anonymous: true } });
  await using visit = await browser.visit(open.url);
  const { page } = visit;
  await row(page, "demo", "live").waitFor();
  await page.goto(`${open.url}#/packs/demo/releases`);
  await page.locator(".release").first().waitFor();
  for (const name of [/^Sync now/, /^Verify/, /^Pin/, /^Roll back/])
    expect(await page.getByRole("button", { name }).count()).toBe(0);
  await page.goto(`${open.url}#/install`);
  await page.getByText("Who is signed in").waitFor();
  expect(await page.getByRole("button", { name: "Install" }).count()).toBe(0);
  await page.getByRole("link", { name: "Sign in" }).click();
  await page.getByLabel("Token").fill(TOKEN);
  await page.getByRole("button", { name: "Sign in" }).click();
  await row(page, "demo", "live").waitFor();
  await page.goto(`${open.url}#/packs/demo`);
  await page.getByRole("button", { name: "Sync now" }).waitFor();
});
