import { Empty } from "../ui/views.tsx";

export function EventsPage(_: { readonly query: URLSearchParams }) {
  return <Empty title="Events" />;
}
