import { Empty } from "../ui/views.tsx";

export function PackPage({ packRef }: { readonly packRef: string; readonly tab: string }) {
  return <Empty title={packRef} />;
}
