import { createEngine } from "../programs/engine.ts";
import { ONCE, type Operation, pushTimes } from "./operations.ts";
import { pack } from "./packs.ts";
import { makeTree } from "./tree.ts";

const NEXT = { args: ONCE, completes: "begun" } as const;
const REGISTER = ["register", "elsewhere/one", "--force"] as const;
/** All of them or none; nothing is fetched. */
const INSTALL = ["install", "./elsewhere/one", "./elsewhere/two", "--force", "--no-cache"] as const;

/** While another pack comes from a source. */
export const INSTALLATION: Operation = {
  title: "an installed pack is replaced, and another one comes with it",
  args: INSTALL,
  again: INSTALL,
  next: NEXT,
  async arrange(root) {
    makeTree(root, { packs: { core: pack("core") }, elsewhere: { one: pack("one", { "old.txt": "old\n" }) } });
    const engine = await createEngine(root);
    await engine.sync();
    await engine.register(`${root}/elsewhere/one`);
    pushTimes(root);
    const next = { one: pack("one", { "old.txt": "new\n" }, "2.0.0"), two: pack("two") };
    makeTree(`${root}/elsewhere`, next);
  },
};

export const REGISTRATION: Operation = {
  title: "a pack is registered that was not there",
  args: REGISTER,
  again: REGISTER,
  next: NEXT,
  async arrange(root) {
    makeTree(root, { packs: { core: pack("core") }, elsewhere: { one: pack("one") } });
    await (await createEngine(root)).sync();
  },
};
