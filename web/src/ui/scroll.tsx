import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";

interface ScrollProps {
  readonly label: string;
  readonly class: string;
  readonly children: ComponentChildren;
  /** The end stays in view while it grows, unless somebody looks at what stands before. */
  readonly end?: "in view";
}

/** What may be larger than its place: also who has no mouse can read all of it. */
export function Scroll({ label, class: name, children, end }: ScrollProps) {
  const box = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  useEffect(() => {
    if (end !== undefined && box.current !== null && isAtEnd.current) box.current.scrollTop = box.current.scrollHeight;
  });
  const look = (): void => {
    const { scrollTop = 0, clientHeight = 0, scrollHeight = 0 } = box.current ?? {};
    isAtEnd.current = scrollTop + clientHeight >= scrollHeight - 8;
  };
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: the arrow keys scroll what has the focus
    <section class={`scroll ${name}`} ref={box} tabIndex={0} aria-label={label} onScroll={look}>
      {children}
    </section>
  );
}
