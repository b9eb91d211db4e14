import { stat, utimes } from "node:fs/promises";

/** Whether a disk takes something now. */
export type DiskAnswers = () => Promise<boolean>;

const PATIENCE_MS = 1000;

/**
 * A thread that opens a database where the disk hangs does nothing else until that is over. So it asks first, in a way that keeps but a thread of the
 * pool: one, however many ask.
 *
 * @param ask takes as long as the disk hangs; whatever it says is an answer
 */
export function createDiskAnswers(
  directory: string,
  ask: (directory: string) => Promise<unknown> = touch,
  patienceMs = PATIENCE_MS,
): DiskAnswers {
  let answer: Promise<boolean> | undefined;
  const begin = (): Promise<boolean> => {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const late = setTimeout(resolve, patienceMs, false).unref();
    const onAnswer = (): void => {
      clearTimeout(late);
      answer = undefined;
      resolve(true);
    };
    ask(directory).then(onAnswer, onAnswer);
    return promise;
  };
  return () => {
    answer ??= begin();
    return answer;
  };
}

/** The state directory is written to; the volume, which may be another disk, is only read. */
export function disksAnswer(
  stateDir: string,
  volume: string,
  look: (path: string) => Promise<unknown> = stat,
): DiskAnswers {
  const asked = [createDiskAnswers(stateDir), createDiskAnswers(volume, look)];
  return async () => (await Promise.all(asked.map((answers) => answers()))).every((answer) => answer);
}

/** What changes nothing but a time waits as everything else that is to be written does. */
async function touch(directory: string): Promise<void> {
  const now = new Date();
  await utimes(directory, now, now);
}
