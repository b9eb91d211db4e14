import { Empty } from "../ui/views.tsx";

export function InstallPage() {
  return <Empty title="Install" />;
}
