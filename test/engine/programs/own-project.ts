import { hostname } from "node:os";
import { openEngine } from "../../../src/signal/engine.ts";
import { ownPlace, ownProject } from "../../../src/signal/own-project.ts";

/** Prints the project of compose that it runs in. Its argument: where the engine is. */
await using engine = openEngine(process.argv[2]);
process.stdout.write(`${await ownProject(engine, ownPlace(hostname()), new AbortController().signal)}\n`);
