import type { Known, KnownDefinition } from "./catalog/read-live.ts";
import { placeKey } from "./cycle/attention.ts";
import { decodePython } from "./pack/python-value.ts";
import type { Manifest } from "./publish/manifest.ts";
import type { SaidDefinition } from "./scan/check-definitions.ts";
import type { ScannedPack } from "./scan/scan-pack.ts";
import type { Scanner } from "./scan/scanner.ts";

/** What definitions say that this run scanned; `undefined`: nothing is known of that place. */
export interface SaidDefinitions {
  of(source: Manifest["source"]): Known | undefined;
}

/** A scanner, and what it finds in definitions: when all is published it is registered, and nothing is read a second time. */
export function keepingSaid(scanner: Scanner): SaidDefinitions & { readonly scanner: Scanner } {
  const kept = new Map<string, string>();
  return {
    scanner: {
      ...scanner,
      async scan(request) {
        const scanned = await scanner.scan(request);
        const text = keptOf(scanned);
        if (text !== undefined) kept.set(placeKey(request.at.source.name, request.at.directory), text);
        return scanned;
      },
    },
    of(source) {
      const text = source && kept.get(placeKey(source.name, source.directory));
      return text === undefined ? undefined : knownIn(JSON.parse(text));
    },
  };
}

/** As it is kept: a text of its own takes the least memory. */
interface Kept extends Pick<Known, "dialect"> {
  readonly definitions: readonly (readonly [file: string, said: SaidDefinition & Pick<KnownDefinition, "digest">])[];
}

function keptOf({ facts, said, snapshot }: ScannedPack): string | undefined {
  if (facts === undefined || said.size === 0) return undefined;
  const definitions = [...said].flatMap(([file, each]): Kept["definitions"] => {
    const digest = snapshot.files.get(file)?.digest;
    return digest === undefined ? [] : [[file, { ...each, digest }]];
  });
  return JSON.stringify({ dialect: facts.dialect, definitions } satisfies Kept);
}

function knownIn({ dialect, definitions }: Kept): Known {
  const byFile = new Map(definitions.map(([file, said]) => [file, known(said)]));
  return { dialect, definition: (file) => byFile.get(file) };
}

function known({ definition, ...said }: Kept["definitions"][number][1]): KnownDefinition {
  return { ...said, definition: definition === undefined ? undefined : decodePython(definition) };
}
