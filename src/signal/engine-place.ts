import { existsSync } from "node:fs";

const SOCKET = "/var/run/docker.sock";

export const DEFAULT_ENGINE = `unix://${SOCKET}`;

/** As packsync.yaml has it. */
export interface EngineSettings {
  readonly host?: string | undefined;
  readonly project?: string | undefined;
}

/** Whether there may be an engine: somebody said so, or its socket is where it usually is. */
export function mayHaveEngine({ host, project }: EngineSettings): boolean {
  return host !== undefined || project !== undefined || existsSync(SOCKET);
}
