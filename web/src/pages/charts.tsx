import { Empty } from "../ui/views.tsx";

export function ChartsPage() {
  return <Empty title="Charts" />;
}
