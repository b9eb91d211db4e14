import type { Diagnostic } from "./diagnostics.ts";
import type { ElfInfo } from "./elf.ts";
import { excerpt } from "./excerpt.ts";

/** An ELF file that an action or a sensor starts. */
export interface Binary {
  /** Relative to the pack. */
  readonly file: string;
  readonly elf: ElfInfo;
  /** Wanted machines, in `uname -m` terms; empty: any. */
  readonly arch: readonly string[];
}

/** Why a binary may not start where it is wanted. One finding: what is wrong first is what to mend first. */
export function checkBinary(binary: Binary): readonly Diagnostic[] {
  const { elf, arch } = binary;
  if (elf.truncated) return [truncated(binary)];
  if (elf.type !== "executable") return [noProgram(binary)];
  return [
    ...(arch.length > 0 && !arch.includes(elf.machine) ? [otherMachine(binary)] : []),
    ...(elf.static ? [] : [dynamic(binary)]),
  ];
}

/** A native entry point that nobody built yet; the name is relative to the pack. */
export function notBuilt(file: string): Pick<Diagnostic, "severity" | "code" | "message" | "hint"> {
  const message = `Expected the binary \`${excerpt(file)}\`, got none, neither in the source nor in the volume`;
  const hint =
    `Build it static to \`${excerpt(file)}\`, in the source or in the pack's directory in the volume: ` +
    "Go with `CGO_ENABLED=0 go build`, Rust with `cargo build --release --target x86_64-unknown-linux-musl`.";
  return { severity: "warning", code: "binary.not_built", message, hint };
}

function truncated({ file }: Binary): Diagnostic {
  const message = `Expected a whole binary, got one that is cut short: \`${excerpt(file)}\``;
  return { severity: "error", code: "binary.truncated", message, file, hint: "Build it, or copy it, again." };
}

const TYPES: Readonly<Record<Exclude<ElfInfo["type"], "executable">, string>> = {
  "shared-object": "a shared library",
  object: "an object file",
  core: "a core dump",
  other: "something else that starts like one",
};

function noProgram({ file, elf }: Binary): Diagnostic {
  const got = elf.type === "executable" ? "" : TYPES[elf.type];
  const message = `Expected a program, got ${got}: \`${excerpt(file)}\``;
  return { severity: "warning", code: "binary.no_program", message, file, hint: "Name a program as `entry_point`." };
}

function otherMachine({ file, elf, arch }: Binary): Diagnostic {
  const wanted = arch.map((name) => `\`${name}\``).join(" or ");
  const message = `Expected a binary for ${wanted}, got one for \`${elf.machine}\`: \`${excerpt(file)}\``;
  const hint = `Build it for ${wanted}; if the services run on \`${elf.machine}\`, add it to \`arch\`.`;
  return { severity: "warning", code: "binary.other_machine", message, file, hint };
}

/** Only what asks for glibc's own loader, or for one of its versions, is known not to run on musl. */
function dynamic({ file, elf }: Binary): Diagnostic {
  const { interpreter, glibc, needed } = elf;
  const isMusl = interpreter?.includes("/ld-musl-") === true;
  const loader = interpreter === undefined ? undefined : `\`${excerpt(interpreter)}\``;
  const where = isMusl
    ? "which images with glibc (Debian, Ubuntu) do not have"
    : "which Alpine and musl images do not have";
  const libraries = needed.slice(0, 3).map((name) => `\`${excerpt(name)}\``);
  const needs = loader === undefined ? libraries.join(", ") : `${loader}, ${where}`;
  const version = glibc === undefined ? "" : `, and glibc ${glibc} or newer`;
  const message = `needs ${needs === "" ? "a dynamic loader" : needs}${version}: build it static`;
  const hint = "`-static` with a C compiler, `CGO_ENABLED=0` with Go, a `…-linux-musl` target with Rust.";
  return { severity: "warning", code: "binary.dynamic", message: `\`${excerpt(file)}\` ${message}`, file, hint };
}
