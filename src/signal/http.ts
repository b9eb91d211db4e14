import { createHmac } from "node:crypto";
import type { HttpSetting } from "../plan/how.ts";
import { withDeadline } from "./deadline.ts";
import type { Driver, Notice, Outcome } from "./driver.ts";
import { signalFailed } from "./failure.ts";
import { readSecret } from "./secret.ts";
import { fillTemplate, noticeDocument } from "./template.ts";
import { type Call, placeOf, type Wire } from "./wire.ts";

export interface HttpDeps {
  readonly wire: Wire;
  readonly http: HttpSetting;
  readonly timeoutSeconds: number;
}

/** Calls a URL. With a secret the body is signed as GitHub signs its own: `sha256=<HMAC in hex>` in `X-Packsync-Signature-256`. */
export function httpDriver({ wire, http, timeoutSeconds }: HttpDeps): Driver {
  const place = placeOf(http.url);
  const late = () => signalFailed(`Expected an answer of ${place} within ${timeoutSeconds} s, got none`);
  return {
    async tell(notice, abort): Promise<Outcome> {
      const call = callOf(http, notice);
      const { status, body } = await withDeadline({ timeoutSeconds, late }, abort, (signal) => wire.call(call, signal));
      if (!isExpected(status, http.expect)) {
        const said = body.slice(0, 300).trim();
        throw signalFailed(`Expected ${expectedText(http.expect)} of ${place}, got ${status}${said && `: ${said}`}`);
      }
      return { kind: "told", evidence: [`${place} answered ${status}`] };
    },
  };
}

function callOf({ url, method = "POST", headers = {}, body: template, secretFile }: HttpSetting, notice: Notice): Call {
  if (method === "GET" || method === "HEAD") return { url, method, headers };
  const body = JSON.stringify(template === undefined ? noticeDocument(notice) : fillTemplate(template, notice));
  const signature = secretFile === undefined ? {} : { "x-packsync-signature-256": sign(body, secretFile) };
  return { url, method, headers: { "content-type": "application/json", ...headers, ...signature }, body };
}

/** Read each time: a secret may be exchanged while packsync runs. */
function sign(body: string, secretFile: string): string {
  return `sha256=${createHmac("sha256", readSecret(secretFile)).update(body).digest("hex")}`;
}

function isExpected(status: number, expect: readonly number[] | undefined): boolean {
  return expect === undefined ? status >= 200 && status < 300 : expect.includes(status);
}

function expectedText(expect: readonly number[] | undefined): string {
  return expect === undefined ? "a status of success" : `the status ${expect.join(" or ")}`;
}
