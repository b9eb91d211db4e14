// Stands in a pack's directory, as a shell would, and writes there by relative path: node insider.ts <pack>
import { write } from "./generation.ts";
import { serve } from "./serve.ts";

const [pack = ""] = process.argv.slice(2);
process.chdir(pack);

serve(({ path, content }: { readonly path: string; readonly content: string }) => write(path, content));
