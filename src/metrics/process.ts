import { readdir, readFile } from "node:fs/promises";
import type { Measure } from "./families.ts";

/** The whole process, all its threads: what Node.js itself does not say Linux does; elsewhere it is left out. */
export async function processMeasures(): Promise<readonly Measure[]> {
  const { user, system } = process.cpuUsage();
  const about = await Promise.all([statusOf(), openFiles(), maxFiles()]);
  const own: readonly (readonly [Measure["family"], number])[] = [
    ["process_cpu_user_seconds_total", user / 1e6],
    ["process_cpu_system_seconds_total", system / 1e6],
    ["process_cpu_seconds_total", (user + system) / 1e6],
    ["process_resident_memory_bytes", process.memoryUsage.rss()],
    ["process_start_time_seconds", Math.round(Date.now() - process.uptime() * 1000) / 1000],
  ];
  return [
    ...[...own, ...about.flat()].map(([family, value]) => ({ family, value, labels: {} })),
    { family: "nodejs_version_info", labels: { version: process.version }, value: 1 },
  ];
}

type Found = readonly (readonly [Measure["family"], number])[];

async function statusOf(): Promise<Found> {
  const text = await textOf("/proc/self/status");
  const kilobytes = /^VmSize:\s+(\d+) kB/m.exec(text)?.[1];
  const threads = /^Threads:\s+(\d+)/m.exec(text)?.[1];
  return [
    ...(kilobytes === undefined ? [] : [["process_virtual_memory_bytes", Number(kilobytes) * 1024] as const]),
    ...(threads === undefined ? [] : [["process_threads", Number(threads)] as const]),
  ];
}

async function openFiles(): Promise<Found> {
  const names = await readdir("/proc/self/fd").catch(() => undefined);
  return names === undefined ? [] : [["process_open_fds", names.length - 1]]; // one is the listing's own
}

async function maxFiles(): Promise<Found> {
  const soft = /^Max open files\s+(\d+)/m.exec(await textOf("/proc/self/limits"))?.[1];
  return soft === undefined ? [] : [["process_max_fds", Number(soft)]];
}

async function textOf(path: string): Promise<string> {
  return await readFile(path, "utf8").catch(() => "");
}
