/** A line of `/proc/self/mountinfo`, see proc_pid_mountinfo(5). */
export interface Mount {
  readonly point: string;
  readonly type: string;
}

/** What is mounted, in the order in which it was. */
export function parseMounts(mountinfo: string): readonly Mount[] {
  return mountinfo.split("\n").flatMap((line) => {
    const [before = "", after = ""] = line.split(" - ");
    const [point, type] = [before.split(" ")[4], after.split(" ")[0]];
    return point === undefined || type === undefined || type === "" ? [] : [{ point: unescaped(point), type }];
  });
}

/** Blanks, tabs, newlines and backslashes are written in octal. */
function unescaped(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}

export interface MountsAround {
  /** Mounted below the directory: nothing can be renamed over these. */
  readonly inside: readonly string[];
  /** A mount that held the directory, and what was mounted over it. */
  readonly hidden: { readonly below: Mount; readonly above: Mount } | undefined;
}

export function mountsAround(directory: string, mounts: readonly Mount[]): MountsAround {
  const inside = mounts.filter(({ point }) => point.startsWith(`${directory}/`)).map(({ point }) => point);
  const holding = mounts.filter(({ point }) => point !== "/" && isAbove(point, directory));
  for (const [index, below] of holding.entries()) {
    const above = holding.slice(index + 1).find(({ point }) => isAbove(point, below.point));
    if (above !== undefined) return { inside: [...new Set(inside)], hidden: { below, above } };
  }
  return { inside: [...new Set(inside)], hidden: undefined };
}

function isAbove(point: string, path: string): boolean {
  return point === path || path.startsWith(`${point}/`);
}
