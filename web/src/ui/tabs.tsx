import type { ComponentChildren } from "preact";

export interface Tab {
  readonly id: string;
  readonly title: ComponentChildren;
  /** Each tab has an address of its own. */
  readonly href: string;
}

/** Parts of a page, as links: they can be opened elsewhere, and come back on reload. */
export function Tabs({
  label,
  tabs,
  current,
}: {
  readonly label: string;
  readonly tabs: readonly Tab[];
  readonly current: string;
}) {
  return (
    <nav class="tabs" aria-label={label}>
      {tabs.map(({ id, title, href }) => (
        <a key={id} href={href} aria-current={id === current ? "page" : undefined}>
          {title}
        </a>
      ))}
    </nav>
  );
}
