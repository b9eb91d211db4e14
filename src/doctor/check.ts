/** One question that was asked. `failed`: something does not work until `fix` is done; `note`: worth knowing. */
export interface Check {
  /** Stable, for programs: `volume-exchange`. */
  readonly id: string;
  readonly state: "ok" | "note" | "failed";
  /** The answer, one sentence. */
  readonly message: string;
  readonly fix?: string;
}

export function ok(id: string, message: string): Check {
  return { id, state: "ok", message };
}

export function note(id: string, message: string, fix?: string): Check {
  return { id, state: "note", message, ...(fix !== undefined && { fix }) };
}

export function failed(id: string, message: string, fix: string | undefined): Check {
  return { id, state: "failed", message, ...(fix !== undefined && { fix }) };
}
