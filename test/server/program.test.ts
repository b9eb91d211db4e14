import { createServer } from "node:net";
import { expect, test } from "vitest";
import { type Daemon, daemon, PATIENCE, startDaemon } from "../scenarios/support/daemon.ts";
import { pack } from "../scenarios/support/packs.ts";
import { story } from "../scenarios/support/story.ts";

const TOKEN = "a-token-for-the-daemon-0123456789";
const LISTEN = ["--listen", "127.0.0.1:0"] as const;
const NEXT = { "packs.dev": {} };

/** Where it listens, once it does. */
async function urlOf(program: Daemon): Promise<string> {
  const find = () => /listens at (http:\S+),/.exec(program.stderr())?.[1];
  await expect.poll(find, { ...PATIENCE, message: "it listens" }).toBeDefined();
  return find() ?? "";
}

// biome-ignore lint/suspicious/noExplicitAny: what comes is what is tested
async function get(url: string, token?: string): Promise<{ readonly status: number; readonly json: any }> {
  const response = await fetch(url, token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } });
  return { status: response.status, json: await response.json() };
}

test("serve, alone: makes a token, prints it once, and lets in who has it", async () => {
  using it = story({ packs: { core: pack("core") } });
  it.once();
  await using serving = startDaemon(it, { args: ["serve", ...LISTEN] });
  const url = await urlOf(serving);
  const token = /token for this run is (\S+)/.exec(serving.stderr())?.[1];
  expect(token).toMatch(/^[\w-]{32}$/);
  expect(serving.stderr()).toContain(`the dashboard is ${url}/#token=${token}\n`);
  expect((await get(`${url}/healthz`)).status).toBe(200);
  expect((await get(`${url}/api/v1/packs`)).status).toBe(401);
  const { status, json } = await get(`${url}/api/v1/packs`, token);
  expect({ status, refs: json.data.map(({ ref }: { ref: string }) => ref) }).toEqual({ status: 200, refs: ["core"] });
  it.write("packs/core/new.txt", "new");
  expect((await get(`${url}/readyz`)).status).toBe(200);
  expect(it.exists("volume/core/new.txt")).toBe(false); // nobody watches
  await serving.stop();
});

test.for([
  {
    title: "an address that others reach, without a token",
    args: ["--listen", "0.0.0.0:0"],
    env: {},
    said: "Expected a token before others may reach 0.0.0.0, got none.",
  },
  {
    title: "a token of a few characters",
    args: LISTEN,
    env: { PACKSYNC_API_TOKEN: "short" },
    said: "at least 16 characters, got 5",
  },
  {
    title: "a secret of a few characters",
    args: LISTEN,
    env: { JWT_SECRET: "short" },
    said: "at least 16 characters, got 5",
  },
  {
    title: "a file of tokens that is not there",
    args: LISTEN,
    env: { PACKSYNC_SERVER_TOKENS_FILE: "nowhere" },
    said: "Correct the path, or make the file",
  },
  {
    title: "a port that is none",
    args: ["--listen", "127.0.0.1:70000"],
    env: {},
    said: "with a port up to 65535, got `127.0.0.1:70000`",
  },
  {
    title: "what is no address",
    args: ["--listen", "nonsense"],
    env: {},
    said: "Expected `--listen` to be `host:port`",
  },
])("serve refuses $title: exit 2", ({ args, env, said }) => {
  using it = story();
  const { code, stderr } = it.packsync(["serve", ...args], { env });
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(said) });
  expect(stderr).not.toContain("short");
});

test("a file of tokens with a line that is none: exit 2, the line, and not the token", () => {
  using it = story();
  it.write("tokens", "# tokens\nci secret-0123456789 packs:write\n");
  const { code, stderr } = it.packsync(["serve", ...LISTEN], { env: { PACKSYNC_SERVER_TOKENS_FILE: "tokens" } });
  expect(code).toBe(2);
  expect(stderr).toContain("tokens:2");
  expect(stderr).not.toContain("secret-0123456789");
});

test("a port that somebody has: exit 2, of serve and of the daemon", async () => {
  using it = story(NEXT);
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  const address = other.address();
  const port = typeof address === "object" ? address?.port : 0;
  for (const command of [["serve"], []]) {
    const program = startDaemon(it, { args: [...command, "--listen", `127.0.0.1:${port}`] });
    expect(await program.ended).toMatchObject({ code: 2, stderr: expect.stringContaining("EADDRINUSE") });
  }
  await new Promise((resolve) => other.close(resolve));
});

test("the daemon serves beside publishing, does what is asked, and goes on through another configuration", async () => {
  using it = story({ packs: { core: pack("core") } });
  await using program = await daemon(it, { args: LISTEN, env: { PACKSYNC_API_TOKEN: TOKEN } });
  const url = await urlOf(program);
  await expect.poll(async () => (await get(`${url}/readyz`)).status, PATIENCE).toBe(200);
  expect(program.stderr()).not.toContain("token for this run");
  expect(program.stderr()).toContain(`the dashboard is ${url}/\n`);
  expect(program.stderr()).not.toContain(TOKEN);

  it.write("packs/core/new.txt", "new");
  await expect.poll(() => it.exists("volume/core/new.txt"), PATIENCE).toBe(true);
  const releases = () => get(`${url}/api/v1/packs/core/releases`, TOKEN);
  await expect.poll(async () => (await releases()).json.data.length, PATIENCE).toBe(2);

  // The daemon holds the lock: it is asked.
  const headers = { authorization: `Bearer ${TOKEN}` };
  const back = await fetch(`${url}/api/v1/packs/core/rollback`, { method: "POST", headers });
  const answer: unknown = await back.json();
  expect({ status: back.status, answer }).toMatchObject({ status: 200, answer: { data: { pack_ref: "core" } } });
  expect(it.exists("volume/core/new.txt")).toBe(false);

  program.signal("SIGHUP");
  await expect.poll(() => program.stderr().match(/listens at/g)?.length, PATIENCE).toBe(2);
  const [, second = ""] = [...program.stderr().matchAll(/listens at (http:\S+),/g)].map(([, found = ""]) => found);
  await expect.poll(async () => (await get(`${second}/readyz`)).status, PATIENCE).toBe(200);
  await program.stop();
});

test("a token that the daemon made stays the same through another configuration, and is told once", async () => {
  using it = story(NEXT);
  await using program = await daemon(it, { args: LISTEN });
  const first = await urlOf(program);
  const token = /token for this run is (\S+)/.exec(program.stderr())?.[1];
  expect((await get(`${first}/api/v1/packs`, token)).status).toBe(200);
  program.signal("SIGHUP");
  await expect.poll(() => program.stderr().match(/listens at/g)?.length, PATIENCE).toBe(2);
  const second = [...program.stderr().matchAll(/listens at (http:\S+),/g)].at(-1)?.[1];
  expect((await get(`${second}/api/v1/packs`, token)).status).toBe(200);
  expect(program.stderr().match(/token for this run/g)).toHaveLength(1);
  await program.stop();
});

test("docker-guard says that it has to be told where it listens", () => {
  using it = story();
  const { code, stderr } = it.packsync(["docker-guard", "--allow", "api"]);
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining("got no `--listen`") });
});
