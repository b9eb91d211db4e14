import { afterAll, beforeAll } from "vitest";
import { CARGO_TOOLS } from "../support/cargo.ts";
import { ENGINE_TOOLS } from "../support/engine.ts";
import { describeWith } from "../support/requires.ts";
import { attuneTests } from "./attune.ts";
import { daemonTests } from "./daemon.ts";
import { distributableTests } from "./distributable.ts";
import { imageTests } from "./image.ts";
import { stackTests } from "./stack.ts";
import { stackstormTests } from "./stackstorm.ts";
import { BASE_TOOLS } from "./support/base-image.ts";
import { buildImage, type Docker, startDocker } from "./support/docker.ts";
import { userTests } from "./users.ts";

let docker: Docker;
const tools = [...ENGINE_TOOLS, ...BASE_TOOLS, ...CARGO_TOOLS, "docker", "docker-compose", "setpriv", "unshare"];

// One engine and one image for all of them: both take their time.
describeWith({ root: true, tools }, "the container", () => {
  beforeAll(async () => {
    docker = await startDocker();
    await buildImage(docker, "packsync");
  }, 300_000);
  afterAll(() => docker?.[Symbol.asyncDispose](), 200_000);

  imageTests(() => docker);
  userTests(() => docker);
  daemonTests(() => docker);
  stackTests(() => docker);
  attuneTests(() => docker);
  stackstormTests(() => docker);
  distributableTests(() => docker);
});
