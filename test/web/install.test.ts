import { expect } from "vitest";
import { PATIENCE } from "../scenarios/support/daemon.ts";
import { pack } from "../scenarios/support/packs.ts";
import { type Story, story } from "../scenarios/support/story.ts";
import { executable } from "../scenarios/support/tree.ts";
import { tarGzOf } from "../support/archives.ts";
import { testWith } from "../support/requires.ts";
import { BROWSER, useBrowser } from "./support/browser.ts";
import { useDashboard } from "./support/dashboard.ts";

/** Its tests run until the file `gate` is there. */
function slow(it: Story): void {
  const runner = "{type: script, entry_point: tests/run.sh}";
  const testing = `testing: {enabled: true, discovery: {method: directory, path: tests}, runners: {shell: ${runner}}}`;
  const run = `#!/bin/sh\necho begun\nwhile [ ! -e ${it.at("gate")} ]; do sleep 0.05; done\necho opened\n`;
  it.write("incoming/sky", {
    "pack.yaml": `ref: sky\nlabel: Sky\nversion: "1.0.0"\n${testing}\n`,
    tests: { "run.sh": executable(run) },
  });
}

const browser = useBrowser();
const own = useDashboard(() => {
  const it = story({ packs: { demo: pack("demo") } });
  slow(it);
  return it;
});

testWith(
  BROWSER,
  "an installation is followed through its stages, found again after a reload, cancelled, and done",
  async () => {
    const { it, wayIn, url } = await own();
    await using visit = await browser.visit(wayIn);
    const { page } = visit;
    await page.locator("tr[data-pack]").first().waitFor();
    await page.goto(`${url}#/install`);
    const install = async (): Promise<void> => {
      await page.getByRole("textbox", { name: /^Source/ }).fill(it.at("incoming/sky"));
      await page.getByRole("button", { name: "Install", exact: true }).click();
    };
    await install();
    const output = page.getByRole("region", { name: "Output" });
    await output.getByText("begun").waitFor();
    await page.getByRole("status").filter({ hasText: "Running the tests of sky" }).waitFor();
    const stage = (name: string) =>
      page.getByRole("list", { name: "Stages" }).getByRole("listitem").filter({ hasText: name });
    expect(await stage("Download").textContent()).toBe("Downloaddone");
    expect(await stage("Register").textContent()).toBe("Registerruns");
    await page.reload();
    await output.getByText("begun").waitFor();
    await page.getByRole("button", { name: /^Cancel: install/ }).click();
    await page.getByText("It was cancelled.").waitFor();
    expect(it.exists("volume/sky")).toBe(false);

    await install();
    await output.getByText("begun").waitFor();
    it.write("gate", "");
    await page.getByText("Done.").waitFor();
    await output.getByText("opened").waitFor();
    await page.getByRole("link", { name: "sky", exact: true }).click();
    await page.getByRole("heading", { name: "sky 1.0.0" }).waitFor();
    expect(it.exists("volume/sky/pack.yaml")).toBe(true);
  },
);

testWith(BROWSER, "what cannot be installed says why, and an archive can be uploaded", async () => {
  const { it, wayIn, url } = await own();
  await using visit = await browser.visit(wayIn);
  const { page } = visit;
  await page.locator("tr[data-pack]").first().waitFor();
  await page.goto(`${url}#/install`);
  await page.getByRole("textbox", { name: /^Source/ }).fill(it.at("incoming/nothing"));
  await page.getByRole("button", { name: "Install", exact: true }).click();
  await page.getByRole("alert").filter({ hasText: "nothing" }).first().waitFor();
  await page.getByText("Or upload an archive").click();
  const archive = tarGzOf([{ name: "pack.yaml", content: 'ref: sea\nlabel: Sea\nversion: "2.0.0"\n' }]);
  await page.setInputFiles('input[type="file"]', {
    name: "sea.tar.gz",
    mimeType: "application/gzip",
    buffer: Buffer.from(archive),
  });
  await page.getByRole("button", { name: "Upload" }).click();
  await page.getByText("Done.").waitFor();
  await expect.poll(() => it.exists("volume/sea/pack.yaml"), PATIENCE).toBe(true);
});
