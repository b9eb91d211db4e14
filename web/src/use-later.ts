import { useEffect, useState } from "preact/hooks";

const QUIET_MS = 200;

/** The value once it was the same for a moment: whoever types is asked about once. */
export function useLater<T>(value: T): T {
  const [later, setLater] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setLater(value), QUIET_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return later;
}
