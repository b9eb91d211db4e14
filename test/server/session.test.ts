import { SignJWT } from "jose";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { keepSessions } from "../../src/server/sessions.ts";
import { type Answer, READER, type Served, sendBytes, served, TOKEN } from "./serving.ts";

const SECRET = "the-secret-of-the-platform";
const OWN = { "x-packsync": "1", "sec-fetch-site": "same-origin" } as const;
const NOTHING = { authorization: "" } as const;

let it: Served;

beforeAll(async () => {
  it = await served({ env: { JWT_SECRET: SECRET } });
});
afterAll(() => it[Symbol.asyncDispose]());

function signIn(at: Served, token: string, headers: Readonly<Record<string, string>> = OWN): Promise<Answer> {
  return at.send("POST", "/api/v1/session", { token }, { ...NOTHING, ...headers });
}

/** What a browser sends back. */
function cookieOf({ headers }: Answer): string {
  return headers.get("set-cookie")?.split(";")[0] ?? "";
}

async function signedIn(at: Served = it, token: string = TOKEN) {
  const cookie = cookieOf(await signIn(at, token));
  return { ...NOTHING, cookie };
}

describe("signing in", () => {
  test("gives a cookie that no script reads and no other site sends, and says who one is", async () => {
    const answer = await signIn(it, READER);
    expect(answer.status).toBe(200);
    expect(answer.json.data).toMatchObject({ name: "reader", scopes: ["packs:read"] });
    const cookie = answer.headers.get("set-cookie") ?? "";
    expect(cookie).toMatch(
      /^packsync-[0-9a-f]{8}=[\w-]{43}; Path=\/; Max-Age=(43200|43199); HttpOnly; SameSite=Strict$/,
    );
    expect(cookie).not.toContain(READER);
    const session = await it.send("GET", "/api/v1/session", undefined, { ...NOTHING, cookie: cookieOf(answer) });
    expect(session.json.data).toEqual(answer.json.data);
  });

  test("is open to nobody who has no token", async () => {
    const { status, headers, json } = await signIn(it, "nobody-knows-0123456789");
    expect({ status, cookie: headers.get("set-cookie"), code: json.code }).toEqual({
      status: 401,
      cookie: null,
      code: "UNAUTHORIZED",
    });
    expect((await it.send("POST", "/api/v1/session", {}, { ...NOTHING, ...OWN })).status).toBe(400);
  });

  test("is slowed down for who guesses", async () => {
    await using busy = await served({ server: { rateLimit: 10 } });
    const statuses: number[] = [];
    for (let n = 0; n < 11; n++) statuses.push((await signIn(busy, `guess-${n}-0123456789`)).status);
    expect(statuses.slice(-2)).toEqual([401, 429]);
  });

  test("nobody is anybody without it", async () => {
    const { status, json } = await it.send("GET", "/api/v1/session", undefined, NOTHING);
    expect({ status, data: json.data }).toEqual({ status: 200, data: { name: null, scopes: [], expires_at: null } });
  });

  test("ends the session that was there", async () => {
    const before = await signedIn();
    const after = await it.send("POST", "/api/v1/session", { token: READER }, { ...before, ...OWN });
    expect((await it.send("GET", "/api/v1/packs", undefined, before)).status).toBe(401);
    const now = { ...NOTHING, cookie: cookieOf(after) };
    expect((await it.send("GET", "/api/v1/packs", undefined, now)).status).toBe(200);
  });
});

describe("a session", () => {
  test("may what its token may", async () => {
    const reader = await signedIn(it, READER);
    const all = await signedIn();
    expect((await it.send("GET", "/api/v1/packs", undefined, reader)).status).toBe(200);
    expect((await it.send("DELETE", "/api/v1/packs/core", undefined, { ...reader, ...OWN })).status).toBe(403);
    expect((await it.send("DELETE", "/api/v1/packs/core", undefined, { ...all, ...OWN })).status).toBe(404);
  });

  test("counts for nothing beside a token that is wrong", async () => {
    const session = await signedIn();
    const wrong = { ...session, authorization: "Bearer nobody-knows-0123456789" };
    expect((await it.send("GET", "/api/v1/packs", undefined, wrong)).status).toBe(401);
  });

  test.for([
    { title: "of a page of its own", headers: OWN, isDone: true },
    { title: "without the page's header", headers: { "sec-fetch-site": "same-origin" }, isDone: false },
    { title: "of another site", headers: { ...OWN, "sec-fetch-site": "cross-site" }, isDone: false },
    { title: "of another port", headers: { ...OWN, "sec-fetch-site": "same-site" }, isDone: false },
    { title: "that somebody typed", headers: { ...OWN, "sec-fetch-site": "none" }, isDone: false },
    { title: "of an old browser", headers: { "x-packsync": "1", origin: "ITSELF" }, isDone: true },
    {
      title: "of an old browser, from elsewhere",
      headers: { "x-packsync": "1", origin: "http://evil.example" },
      isDone: false,
    },
    {
      title: "of an old browser, from a page without an origin",
      headers: { "x-packsync": "1", origin: "null" },
      isDone: false,
    },
    { title: "of an old browser that says nothing", headers: { "x-packsync": "1" }, isDone: false },
  ])("a request $title that changes something: done $isDone", async ({ headers, isDone }) => {
    const session = await signedIn();
    const own = "origin" in headers && headers.origin === "ITSELF" ? { origin: it.url } : {};
    const sent = await it.send("DELETE", "/api/v1/packs/core", undefined, { ...session, ...headers, ...own });
    expect(sent.status).toBe(isDone ? 404 : 403);
    expect((await signIn(it, TOKEN, { ...headers, ...own })).status).toBe(isDone ? 200 : 403);
    const out = await it.send("DELETE", "/api/v1/session", undefined, { ...session, ...headers, ...own });
    expect(out.status).toBe(isDone ? 204 : 403);
  });

  test("is no concern of who has a token", async () => {
    const elsewhere = { "sec-fetch-site": "cross-site", origin: "http://evil.example" };
    expect((await it.send("DELETE", "/api/v1/packs/core", undefined, elsewhere)).status).toBe(404);
  });

  test("ends when one signs out", async () => {
    const session = await signedIn();
    const out = await it.send("DELETE", "/api/v1/session", undefined, { ...session, ...OWN });
    expect(out.status).toBe(204);
    expect(out.headers.get("set-cookie")).toMatch(/=; Path=\/; Max-Age=0; HttpOnly; SameSite=Strict$/);
    const { status, json } = await it.send("GET", "/api/v1/packs", undefined, session);
    expect({ status, error: json.error }).toEqual({ status: 401, error: "The session has ended." });
  });

  test("hears what happens until one signs out; another session goes on", async () => {
    const [mine, other] = [await signedIn(), await signedIn(it, READER)];
    const hear = async ({ cookie }: { readonly cookie: string }) => {
      const stop = new AbortController();
      const { status, body } = await fetch(`${it.url}/api/v1/events`, { headers: { cookie }, signal: stop.signal });
      let hasEnded = false;
      const ended = new Response(body).text().then(
        () => "ended",
        () => "cut",
      );
      void ended.then(() => {
        hasEnded = true;
      });
      return { status, ended, stop, hasEnded: () => hasEnded };
    };
    const [first, second] = [await hear(mine), await hear(other)];
    expect([first.status, second.status]).toEqual([200, 200]);
    await it.send("DELETE", "/api/v1/session", undefined, { ...mine, ...OWN });
    expect(await first.ended).toBe("cut");
    expect((await it.send("GET", "/api/v1/session", undefined, other)).json.data.name).toBe("reader");
    expect(second.hasEnded()).toBe(false);
    second.stop.abort();
  });

  test("ends with the platform's token that opened it", async () => {
    const exp = Math.floor(Date.now() / 1000) + 3;
    const claims = { sub: "7", exp, scope: "packs:read" };
    const token = await new SignJWT(claims).setProtectedHeader({ alg: "HS256" }).sign(new TextEncoder().encode(SECRET));
    const answer = await signIn(it, token);
    expect(answer.json.data).toEqual({
      name: "jwt:7",
      scopes: ["packs:read"],
      expires_at: new Date(exp * 1000).toISOString(),
    });
    expect(answer.headers.get("set-cookie")).toMatch(/Max-Age=[0-3];/);
    const session = { ...NOTHING, cookie: cookieOf(answer) };
    await vi.waitFor(async () => expect((await it.send("GET", "/api/v1/packs", undefined, session)).status).toBe(401), {
      timeout: 30_000,
      interval: 200,
    });
  });

  test("hears what happens no longer than a platform's token is good, also without a cookie", async () => {
    const follow = async () => {
      const exp = Math.floor(Date.now() / 1000) + 3;
      const claims = new SignJWT({ sub: "7", exp, scope: "packs:read" }).setProtectedHeader({ alg: "HS256" });
      const headers = { authorization: `Bearer ${await claims.sign(new TextEncoder().encode(SECRET))}` };
      const { status, body } = await fetch(`${it.url}/api/v1/events`, { headers });
      expect(status, "it was not over before").toBe(200);
      return { exp, body };
    };
    const { exp, body } = await vi.waitFor(follow, { timeout: 30_000, interval: 100 });
    await expect(new Response(body).text()).rejects.toThrow("terminated");
    expect(Date.now()).toBeGreaterThanOrEqual(exp * 1000 - 50);
  });

  test("is opened by nothing that was made up", async () => {
    const name = (await signedIn()).cookie.split("=")[0];
    for (const value of ["", "x", "a".repeat(43), "__proto__", "a".repeat(4000)]) {
      const cookie = `${name}=${value}`;
      expect((await it.send("GET", "/api/v1/packs", undefined, { ...NOTHING, cookie })).status).toBe(401);
    }
  });
});

describe("sessions that are kept", () => {
  const principal = { name: "somebody", scopes: ["packs:read"] } as const;

  test("end by themselves, and say so once", async () => {
    using sessions = keepSessions({ lifeMs: 20, most: 10 }, Date.now);
    const { id, session } = sessions.open(principal);
    const onEnd = vi.fn();
    session.onEnd(onEnd);
    expect(sessions.find(id)).toBe(session);
    await vi.waitFor(() => expect(onEnd).toHaveBeenCalledTimes(1), 30_000);
    expect(sessions.find(id)).toBe(undefined);
    sessions.close(id);
    expect(onEnd).toHaveBeenCalledTimes(1);
  });

  test("are over on time, though the clock that ends them is late", () => {
    let now = 0;
    using sessions = keepSessions({ lifeMs: 1000, most: 10 }, () => now);
    const { id } = sessions.open(principal);
    now = 1000;
    expect(sessions.find(id)).toBe(undefined);
  });

  test("are never too many: the oldest one ends", () => {
    using sessions = keepSessions({ lifeMs: 60_000, most: 3 }, Date.now);
    const ids = Array.from({ length: 5 }, () => sessions.open(principal).id);
    expect(ids.map((id) => sessions.find(id) !== undefined)).toEqual([false, false, true, true, true]);
    expect(new Set(ids).size).toBe(5);
  });
});

describe("read by anybody", () => {
  let open: Served;

  beforeAll(async () => {
    open = await served({
      flags: { listen: "0.0.0.0:0" },
      server: { anonymous: true, hosts: ["Packsync.example"], proxied: true },
    });
  });
  afterAll(() => open[Symbol.asyncDispose]());

  const asked = async (head: string) => {
    const answer = await sendBytes(open.url.replace("0.0.0.0", "127.0.0.1"), `${head}\r\nConnection: close\r\n\r\n`);
    return Number(answer.split(" ")[1]);
  };

  test("shows all, and changes nothing", async () => {
    const { json } = await open.send("GET", "/api/v1/session", undefined, NOTHING);
    expect(json.data).toEqual({ name: null, scopes: ["packs:read"], expires_at: null });
    expect((await open.send("GET", "/api/v1/packs", undefined, NOTHING)).status).toBe(200);
    for (const [method, path] of [
      ["DELETE", "/api/v1/packs/core"],
      ["POST", "/api/v1/packs/core/rollback"],
      ["POST", "/api/v1/packs/install"],
      ["POST", "/api/v1/packs/dependencies"], // a job: it is kept, and takes others' turns
      ["DELETE", "/api/v1/jobs/00000000-0000-0000-0000-000000000000"],
    ] as const) {
      const { status } = await open.send(method, path, undefined, { ...NOTHING, ...OWN });
      expect([method, path, status]).toEqual([method, path, 403]);
    }
  });

  test("is more to who signs in, and still something to who signs out", async () => {
    const session = await signedIn(open);
    expect((await open.send("GET", "/api/v1/session", undefined, session)).json.data.scopes).toHaveLength(2);
    await open.send("DELETE", "/api/v1/session", undefined, { ...session, ...OWN });
    expect((await open.send("GET", "/api/v1/packs", undefined, session)).status).toBe(200);
    expect((await open.send("DELETE", "/api/v1/packs/core", undefined, { ...session, ...OWN })).status).toBe(403);
  });

  test("is closed to a token that is wrong", async () => {
    const wrong = { authorization: "Bearer nobody-knows-0123456789" };
    expect((await open.send("GET", "/api/v1/packs", undefined, wrong)).status).toBe(401);
  });

  test.for([
    { host: "10.1.2.3:8080", status: 200 },
    { host: "[fd00::1]:8080", status: 200 },
    { host: "localhost:8080", status: 200 },
    { host: "packsync.example", status: 200 },
    { host: "PACKSYNC.EXAMPLE:80", status: 200 },
    { host: "evil.example:8080", status: 401 },
    { host: "10.1.2.3.evil.example", status: 401 },
    { host: "packsync.example.evil.example", status: 401 },
    { host: "1.evil.example", status: 401 },
  ])("no page leads its own name here: asked as $host, $status", async ({ host, status }) => {
    expect(await asked(`GET /api/v1/packs HTTP/1.1\r\nHost: ${host}`)).toBe(status);
    const bearer = `GET /api/v1/packs HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${READER}`;
    expect(await asked(bearer)).toBe(200);
  });

  test.for([
    { host: "evil.example", forwarded: "localhost" },
    { host: "localhost", forwarded: "evil.example" },
  ])("a page that says what a proxy would say reads nothing: $host, $forwarded", async ({ host, forwarded }) => {
    const head = `GET /api/v1/packs HTTP/1.1\r\nHost: ${host}\r\nX-Forwarded-Host: ${forwarded}`;
    expect(await asked(head)).toBe(401);
  });

  test("a proxy's word makes the cookie one for https alone; without a proxy nobody's does", async () => {
    const https = { ...OWN, "x-forwarded-proto": "https" };
    expect((await signIn(open, TOKEN, https)).headers.get("set-cookie")).toMatch(/; Secure$/);
    expect((await signIn(open, TOKEN)).headers.get("set-cookie")).not.toContain("Secure");
    expect((await signIn(it, TOKEN, https)).headers.get("set-cookie")).not.toContain("Secure");
  });
});

test("at this machine alone, a name of a proxy is one of its own where it is configured", async () => {
  await using behind = await served({ server: { hosts: ["packsync.example"] } });
  const asked = async (at: Served, host: string) =>
    Number(
      (await sendBytes(at.url, `GET /healthz HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)).split(" ")[1],
    );
  expect(await asked(behind, "packsync.example")).toBe(200);
  expect(await asked(behind, "evil.example")).toBe(403);
  expect(await asked(it, "packsync.example")).toBe(403);
});
