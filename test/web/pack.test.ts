import { expect } from "vitest";
import { PATIENCE } from "../scenarios/support/daemon.ts";
import { pack, script } from "../scenarios/support/packs.ts";
import { story } from "../scenarios/support/story.ts";
import { testWith } from "../support/requires.ts";
import { BROWSER, useBrowser } from "./support/browser.ts";
import { useDashboard } from "./support/dashboard.ts";
import { badge, row } from "./support/places.ts";

const browser = useBrowser();
const own = useDashboard(() => story({ packs: { aws: pack("aws"), demo: pack("demo"), fetch: pack("fetch") } }), {
  routes: [{ when: { meaning: "script", pack: "fetch" }, do: "agent" }],
  services: { agent: { exec: ["sh", "-c", "cat >> told-agent"] } },
});

testWith(
  BROWSER,
  "a file that breaks turns its pack, and the finding stands where it is; mended, it is live",
  async () => {
    const { it, wayIn } = await own();
    await using visit = await browser.visit(wayIn);
    const { page } = visit;
    await row(page, "aws", "live").waitFor();
    const action = it.read("packs/aws/actions/echo.yaml");
    it.write("packs/aws/actions/echo.yaml", action.replace("echo.sh", "eco.sh"));
    await row(page, "aws", "invalid").waitFor();
    await page.getByRole("link", { name: "aws", exact: true }).click();
    const finding = page.locator(".finding");
    await finding.waitFor();
    expect(await finding.locator(".finding-place").textContent()).toBe("actions/echo.yaml:5:14");
    expect(await finding.locator(".frame-line.marked").textContent()).toBe("5entry_point: eco.sh\n");
    expect(await finding.locator("mark").textContent()).toBe("eco.sh");
    await finding.getByText("Why this matters").click();
    await finding.getByRole("heading", { name: "Right" }).waitFor();
    expect(await finding.locator(".explanation").textContent()).toContain("entry_point");
    expect(await badge(page)).toBe("invalid");

    it.write("packs/aws/actions/echo.yaml", action);
    await page.getByRole("heading", { name: "No findings" }).waitFor();
    await expect.poll(() => badge(page), PATIENCE).toBe("live");
    await page.getByRole("link", { name: "Overview" }).click();
    await row(page, "aws", "live").waitFor();
  },
);

testWith(
  BROWSER,
  "what is different between releases is shown; rolled back, the volume has it, pinned until unpinned",
  async () => {
    const { it, wayIn, url } = await own();
    const action = it.read("packs/demo/actions/echo.yaml");
    it.write("packs/demo/actions/echo.yaml", action.replace("Says echo", "Repeats"));
    await expect.poll(() => it.read("volume/demo/actions/echo.yaml"), PATIENCE).toContain("Repeats");
    await using visit = await browser.visit(wayIn);
    const { page } = visit;
    await row(page, "demo", "live").waitFor();
    await page.goto(`${url}#/packs/demo/releases`);
    const changes = page.getByRole("table", { name: "Values of actions/echo.yaml" });
    await changes.waitFor();
    expect(await changes.locator("tbody tr").allTextContents()).toEqual(['description"Says echo""Repeats"']);

    await page.getByRole("button", { name: /^Roll back to this/ }).click();
    const dialog = page.getByRole("dialog", { name: "Roll demo back?" });
    expect(await dialog.textContent()).toContain("becomes live again");
    await dialog.getByRole("button", { name: "Leave it as it is" }).click();
    await dialog.waitFor({ state: "detached" });
    expect(it.read("volume/demo/actions/echo.yaml")).toContain("Repeats");
    await page.getByRole("button", { name: /^Roll back to this/ }).click();
    await dialog.getByRole("button", { name: "Roll back" }).click();
    await page.getByText(/^demo is rolled back to/).waitFor();
    expect(it.read("volume/demo/actions/echo.yaml")).toContain("Says echo");
    await expect.poll(() => badge(page), PATIENCE).toBe("pinned");
    await page.locator(".timeline .is-live", { hasText: "pinned" }).waitFor();

    await page.getByRole("button", { name: "Unpin" }).click();
    await expect.poll(() => it.read("volume/demo/actions/echo.yaml"), PATIENCE).toContain("Repeats");
    await expect.poll(() => badge(page), PATIENCE).toBe("live");
    await page.getByRole("button", { name: "Pin", exact: true }).click();
    await expect.poll(() => badge(page), PATIENCE).toBe("pinned");
  },
);

testWith(BROWSER, "a service that is told is shown, and one release leads from the save to it", async () => {
  const { it, wayIn, url } = await own();
  await using visit = await browser.visit(wayIn);
  const { page } = visit;
  await row(page, "fetch", "live").waitFor();
  it.write("packs/fetch/actions", { "echo.sh": script("echo other") });
  await expect.poll(() => it.exists("told-agent"), PATIENCE).toBe(true);
  const service = page.getByRole("region", { name: "Services" }).getByRole("listitem").filter({ hasText: "agent" });
  await service.getByText("told", { exact: true }).waitFor();
  await page.goto(`${url}#/packs/fetch/releases`);
  await page.locator(".release").first().getByRole("link", { name: "trace" }).click();
  const steps = page.getByRole("list", { name: "What became of it" });
  await steps.getByText("service.told").waitFor();
  expect(await steps.textContent()).toContain("pack.published");
  await page.getByRole("list", { name: "How long each stage took" }).getByText("publish").waitFor();
  await page.getByText(/All done after/).waitFor();
});

testWith(
  BROWSER,
  "sync and verify say what came of them; files have their fate, components their parameters",
  async () => {
    const { it, wayIn, url } = await own();
    it.write("volume/aws/notes.txt", "mine");
    await using visit = await browser.visit(wayIn);
    const { page } = visit;
    await row(page, "aws", "live").waitFor();
    await page.goto(`${url}#/packs/aws/files`);
    const files = page.getByRole("table", { name: "Files" });
    await files.getByRole("row", { name: /notes\.txt.*foreign/ }).waitFor();
    await files.getByRole("row", { name: /pack\.yaml.*published/ }).waitFor();
    await page.getByRole("searchbox", { name: "Search files" }).fill("notes");
    await expect.poll(() => files.locator("tbody tr").count(), PATIENCE).toBe(1);
    await page.getByRole("button", { name: "Sync now" }).click();
    await page.getByText(/^aws is synced: /).waitFor();
    await page.getByRole("button", { name: "Verify" }).click();
    await page.getByText(/^aws is sound: \d+ files/).waitFor();
    await page.getByRole("link", { name: "Components" }).click();
    await page.getByText("aws.echo", { exact: true }).click();
    await page.getByText("runs by shell").waitFor();
    await page.goto(`${url}#/packs/nobody`);
    await page.getByRole("heading", { name: "No pack is called nobody" }).waitFor();
  },
);
