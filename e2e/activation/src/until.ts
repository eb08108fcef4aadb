import { setTimeout as wait } from 'node:timers/promises'

/**
 * Polls for an event that causes no notification: a file of /proc, or the start of a supervisor.
 *
 * @throws with the text of `otherwise` if it has not happened after 15 s
 */
export async function until(happened: () => boolean | Promise<boolean>, otherwise: () => string): Promise<void> {
  const last = performance.now() + 15_000
  while (!(await happened())) {
    if (performance.now() > last) throw new Error(otherwise())
    await wait(10)
  }
}
