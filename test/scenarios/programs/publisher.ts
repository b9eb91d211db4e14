// Publishes generation after generation of some packs: node publisher.ts <root> <ref>…
import { createEngine } from "./engine.ts";
import { writeSource } from "./generation.ts";
import { serve } from "./serve.ts";

/** How many generations to publish, one by one. `prune`: at the end, all history goes that may. */
export interface PublishOrder {
  readonly generations: number;
  readonly prune?: true;
}

export interface Published {
  readonly generation: number;
  readonly publishes: number;
}

const [root = "", ...refs] = process.argv.slice(2);
const engine = await createEngine(root);
let generation = 0;
let publishes = 0;

serve(async ({ generations, prune }: PublishOrder): Promise<Published> => {
  for (let count = 1; count <= generations; count++) {
    generation++;
    for (const ref of refs) writeSource(`${root}/packs/${ref}`, ref, generation);
    const { packs } = await engine.sync(historyAt(count === generations && prune === true));
    const failed = packs.filter(({ outcome }) => outcome !== "published");
    if (failed.length > 0) throw new Error(`generation ${generation}: ${JSON.stringify(failed)}`);
    publishes += packs.length;
  }
  return { generation, publishes };
});

/** Now and then old trees go while readers run; nobody may be in one that old (see reader.ts). */
function historyAt(end: boolean) {
  if (end) return { keep: 0, minAgeSeconds: 0 };
  return generation % 25 === 0 ? { keep: 25, minAgeSeconds: 4 } : {};
}
