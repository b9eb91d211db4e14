import type { ComponentChildren, JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Failure } from "../api.ts";
import type { Load } from "../store.ts";
import { Button } from "./button.tsx";
import { Icon, type IconName } from "./icon.tsx";

/** What stands where nothing is: why, and what one may do. */
export function Empty({
  title,
  icon = "box",
  children,
}: {
  readonly title: string;
  readonly icon?: IconName;
  readonly children?: ComponentChildren;
}) {
  return (
    <div class="empty">
      <Icon name={icon} />
      <h2>{title}</h2>
      {children}
    </div>
  );
}

/** Shown only where it takes longer than a blink. */
export function Loading({ what }: { readonly what: string }) {
  const [isLate, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), 150);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div class="loading" role="status">
      {isLate && `Asking for ${what} …`}
    </div>
  );
}

export function FailureView({ failure, again }: { readonly failure: Failure; readonly again?: () => void }) {
  return (
    <div class="failure" role="alert">
      <Icon name="warning" />
      <div>
        <p>{failure.message}</p>
        {again !== undefined && <Button onClick={again}>Try again</Button>}
      </div>
    </div>
  );
}

interface LoadedProps<T> {
  readonly load: Load<T>;
  readonly what: string;
  readonly again?: () => void;
  readonly children: (value: T) => JSX.Element;
}

/** One of three views of what was asked for. */
export function Loaded<T>({ load, what, again, children }: LoadedProps<T>) {
  switch (load.state) {
    case "loading":
      return <Loading what={what} />;
    case "failed":
      return again === undefined ? (
        <FailureView failure={load.failure} />
      ) : (
        <FailureView failure={load.failure} again={again} />
      );
    case "ready":
      return children(load.value);
    default:
      return load satisfies never;
  }
}
