import { execFileSync } from "node:child_process";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { afterAll, expect } from "vitest";
import { requires } from "../../support/requires.ts";

/** Debian's. */
const CHROMIUM = "/usr/bin/chromium";

/** What tests with a browser need; a slow machine has its time. */
export const BROWSER = { tools: ["chromium"], timeout: 180_000 } as const;

/** However slow the machine is, what must be seen is seen by then. */
const PATIENCE_MS = 50_000;

export const SIZES = { wide: { width: 1280, height: 800 }, phone: { width: 390, height: 844 } } as const;

export interface VisitOptions {
  readonly theme?: "light" | "dark";
  readonly size?: keyof typeof SIZES;
}

/** Somebody at the dashboard. Disposing it expects that the page had nothing to complain about and asked nobody but its server. */
export interface Visit extends AsyncDisposable {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Errors of the console, exceptions, what the Content-Security-Policy refused, and requests to others. */
  readonly complaints: readonly string[];
}

/** One browser for all tests of a file, started by the first that needs it. */
export function useBrowser(): { visit(url: string, options?: VisitOptions): Promise<Visit> } {
  let started: Promise<Browser> | undefined;
  afterAll(async () => (await started)?.close());
  return {
    async visit(url, { theme = "light", size = "wide" } = {}) {
      started ??= launch();
      const options = { colorScheme: theme, viewport: SIZES[size], reducedMotion: "reduce", locale: "en-GB" } as const;
      const context = await (await started).newContext({ ...options, timezoneId: "UTC" });
      context.setDefaultTimeout(PATIENCE_MS);
      const visit = await watched(context);
      await visit.page.goto(url);
      return visit;
    },
  };
}

/** The dashboard is that of these sources. */
const builtWeb = (): unknown => execFileSync(process.execPath, ["scripts/build-web.ts", "--if-stale"]);

/** As root Chromium has no sandbox, and in a container little shared memory. */
async function launch(): Promise<Browser> {
  builtWeb();
  const args = [...(requires.root ? ["--no-sandbox"] : []), "--disable-dev-shm-usage"];
  return await chromium.launch({ executablePath: CHROMIUM, args });
}

async function watched(context: BrowserContext): Promise<Visit> {
  const complaints: string[] = [];
  const page = await context.newPage();
  page.on("console", (message) => {
    // An answer that is an error is what some tests are about; the page says it in its own words.
    const isExpected = message.text().startsWith("Failed to load resource");
    if (message.type() === "error" && !isExpected) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("request", (request) => {
    const asked = new URL(request.url());
    const isOwn = asked.protocol === "data:" || asked.hostname === "127.0.0.1";
    if (!isOwn) complaints.push(`a request to ${asked.href}`);
  });
  return {
    ...{ page, context, complaints },
    async [Symbol.asyncDispose]() {
      await context.close();
      expect(complaints, "what the page complained about").toEqual([]);
    },
  };
}
