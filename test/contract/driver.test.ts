import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { describe } from "vitest";
import { execDriver } from "../../src/signal/exec.ts";
import { httpDriver } from "../../src/signal/http.ts";
import { attuneRegister, stackstormRegister } from "../../src/signal/platform.ts";
import { openWire } from "../../src/signal/wire.ts";
import { eventually, linesOf } from "../support/engine.ts";
import { silent } from "../support/sync.ts";
import { scratch } from "../support/trees.ts";
import { type Received, type Reply, startServer } from "../support/wire.ts";
import { type Behaviour, type DriverStand, type DriverVariant, driverContract } from "./driver.contract.ts";

const SECRET = "s3cr3t-t0ken";

const variants: readonly DriverVariant[] = [
  { name: "exec", open: openExec },
  {
    name: "http",
    open: overHttp({ status: 204 }, (stand, timeoutSeconds) => {
      const url = `${stand.url.replace("//", `//user:${SECRET}@`)}/hook?key=${SECRET}`;
      return httpDriver({ ...stand, http: { url, secretFile: stand.tokenFile }, timeoutSeconds });
    }),
  },
  {
    name: "register with Attune",
    open: overHttp(
      { status: 200, body: { data: { registered_packs: [{ pack_ref: "demo" }], failed_packs: [] } } },
      platform(attuneRegister),
    ),
  },
  {
    name: "register with StackStorm",
    open: overHttp({ status: 200, body: { actions: 1 } }, platform(stackstormRegister)),
  },
];

describe.for(variants)("the driver $name", driverContract);

/** A script that counts its runs, and does as a file says. */
async function openExec(timeoutSeconds: number): Promise<DriverStand> {
  const directory = scratch();
  const at = (name: string) => `${directory.path}/${name}`;
  // What it starts must end with it: the sleep is a child of its own.
  writeFileSync(
    at("run.sh"),
    "cat > notice; echo run >> runs; case $(cat how) in fail) exit 3;; hang) sleep 1000 & echo $! > child; wait;; esac\n",
  );
  writeFileSync(at("how"), "well");
  const command = ["sh", "-c", `cd ${directory.path} && . ./run.sh`];
  const child = () => (existsSync(at("child")) ? Number(readFileSync(at("child"), "utf8")) : 0);
  return {
    driver: execDriver({ command, timeoutSeconds, log: silent }),
    service: "agent",
    secrets: [],
    heard: () => linesOf(at("runs")).length,
    behave: (how) => writeFileSync(at("how"), how),
    hanging: () => eventually(() => (child() > 0 ? true : undefined)).then(() => {}),
    quiet: () => eventually(() => (isAlive(child()) ? undefined : true)).then(() => {}),
    async [Symbol.asyncDispose]() {
      rmSync(directory.path, { recursive: true, force: true });
    },
  };
}

/** A zombie waits for nobody but its parent. */
function isAlive(pid: number): boolean {
  try {
    return pid > 0 && !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}

interface HttpStand {
  readonly wire: ReturnType<typeof openWire>;
  readonly url: string;
  readonly tokenFile: string;
}

function platform(make: typeof attuneRegister) {
  return ({ wire, url, tokenFile }: HttpStand, timeoutSeconds: number) =>
    make({ wire, url, token: { file: tokenFile }, packsDir: "/opt/attune/packs", timeoutSeconds });
}

/** @param well what the server answers while all goes well */
function overHttp(well: Reply, make: (stand: HttpStand, timeoutSeconds: number) => DriverStand["driver"]) {
  const replies: Record<Behaviour, (call: Received) => Reply> = {
    well: () => well,
    fail: () => ({ status: 500, body: { error: "broken" } }),
    hang: () => "hang",
  };
  return async (timeoutSeconds: number): Promise<DriverStand> => {
    const server = await startServer(replies.well);
    const wire = openWire();
    const directory = scratch();
    const tokenFile = `${directory.path}/token`;
    writeFileSync(tokenFile, `${SECRET}\n`);
    return {
      driver: make({ wire, url: server.url, tokenFile }, timeoutSeconds),
      service: "hook",
      secrets: [SECRET],
      heard: () => server.received.length,
      behave(how) {
        server.reply = replies[how];
      },
      hanging: () => eventually(() => (server.waiting.size > 0 ? true : undefined)).then(() => {}),
      quiet: () => eventually(() => (server.waiting.size === 0 ? true : undefined)).then(() => {}),
      async [Symbol.asyncDispose]() {
        await wire[Symbol.asyncDispose]();
        await server[Symbol.asyncDispose]();
        directory[Symbol.dispose]();
      },
    };
  };
}
