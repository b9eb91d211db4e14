import { between, pick, type Random } from "../random.ts";

const VERBS = ["Checks", "Collects", "Rotates", "Restarts", "Compares", "Reports", "Drains", "Archives"] as const;
const THINGS = [
  "the interface counters",
  "every stale lease",
  "the queue of pending jobs",
  "the certificates that end soon",
  "all open incidents",
  "the replicas of a deployment",
  "the routes of a customer",
  "the backups of last night",
] as const;
const PLACES = [
  "of one site",
  "behind the load balancer",
  "on the standby node",
  "in the given region",
  "that the caller may see",
  "since the last run",
] as const;
const ENDS = [
  "and fails when nothing answers",
  "and returns what it found",
  "without touching the others",
  "so that a person can decide",
  "unless a dry run was asked for",
] as const;

/** One sentence of about ten words without YAML or shell metacharacters. */
export function sentence(random: Random): string {
  return `${pick(random, VERBS)} ${pick(random, THINGS)} ${pick(random, PLACES)} ${pick(random, ENDS)}`;
}

/** Lines of prose, each starting with `prefix`, until they make about `bytes` bytes. */
export function paragraph(random: Random, bytes: number, prefix = ""): readonly string[] {
  const lines: string[] = [];
  for (let left = bytes; left > 0; ) {
    const line = `${prefix}${sentence(random)}, run ${between(random, 100, 99_999)}.`;
    lines.push(line);
    left -= line.length + 1;
  }
  return lines;
}
