import * as z from "zod/mini";
import { componentKinds } from "../pack/component.ts";
import { meaningKinds } from "../plan/meaning.ts";
import { duration, list, names, oneOf, text } from "./values.ts";

/** Whom which changes concern. */
export function routes() {
  const targets = "`nobody`, or a list of services (globs), `register`, `environments`, such as `[register, sensor*]`";
  const target = z.string().check(z.regex(/^[\w.*?{}[\],!-]+$/, targets));
  const patterns = list("a glob, or a list of them, such as `lib/**`", z.string());
  const when = z.strictObject(
    {
      meaning: z.exactOptional(names(meaningKinds)),
      component: z.exactOptional(names(componentKinds)),
      runner: z.exactOptional(list("a runner, or a list of them, such as `python`", z.string())),
      pack: z.exactOptional(patterns),
      path: z.exactOptional(patterns),
      source: z.exactOptional(patterns),
    },
    "a mapping, such as `{meaning: script, runner: python}`",
  );
  const told = z.pipe(
    list(targets, target),
    z.transform((targets: string[]) => targets.filter((target) => target !== "nobody")),
  );
  const rule = z.strictObject({ when, do: told }, "a rule, such as `{when: {meaning: docs}, do: nobody}`");
  return z.array(rule, "a list of rules, such as `[{when: {meaning: docs}, do: nobody}]`");
}

export function url() {
  const expected = "a URL, such as `http://api:8080`";
  return z.string(expected).check(z.regex(/^https?:\/\/[^\s/]/, expected));
}

/** How services are told, by globs of their names. */
export function services() {
  const expected = "a mapping of services (globs) to how they are told, such as `{sensor*: restart}`";
  return z.record(z.string().check(z.regex(/^[\w.*?{}[\],!-]+$/, expected)), service(), expected);
}

function service() {
  const expected = "`restart`, a signal such as `SIGHUP`, `{exec, …}`, `{http, …}`, or `{how, …}`";
  const word = z.string(expected).check(z.regex(/^(restart|SIG[A-Z][A-Z0-9]{1,9})$/, expected));
  const ways = { how: z.exactOptional(word), exec: z.exactOptional(command()), http: z.exactOptional(call()) };
  const hasOneWay = (setting: object) => Object.keys(ways).filter((way) => Object.hasOwn(setting, way)).length <= 1;
  return z.union(
    [word, z.strictObject({ ...ways, ...care() }, expected).check(z.refine(hasOneWay, expected))],
    expected,
  );
}

function command() {
  const expected = "a program and its arguments as a list, such as `[systemctl, reload, worker]`";
  const argument = z.string(expected).check(z.regex(/^[^\0]*$/, expected));
  return z.array(argument, expected).check(z.minLength(1, expected));
}

function call() {
  return z.strictObject(
    {
      url: url(),
      method: z.exactOptional(z.string().check(z.regex(/^[A-Z]{1,20}$/, "a method, such as `POST`"))),
      headers: z.exactOptional(z.record(z.string(), z.string("a text"), "a mapping of names to texts")),
      body: z.exactOptional(z.unknown()),
      secretFile: z.exactOptional(text("a file")),
      expect: z.exactOptional(z.array(z.int("a status, such as `204`"), "a list of statuses, such as `[200, 204]`")),
    },
    "a mapping with at least `url`",
  );
}

function care() {
  const ready = 'a mapping, such as `{http: "http://api:8080/health", timeout: 1m}`';
  const limits = { runs: z.exactOptional(duration()), timeout: z.exactOptional(duration()) };
  return {
    timeout: z.exactOptional(duration()),
    after: z.exactOptional(list("a service, or a list of them (globs), such as `[api]`", z.string())),
    ready: z.exactOptional(z.strictObject({ http: z.exactOptional(url()), ...limits }, ready)),
    onUnhealthy: z.exactOptional(oneOf(["report", "rollback"])),
  };
}
