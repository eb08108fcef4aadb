import { setTimeout as wait } from 'node:timers/promises'

/**
 * Waits for something that tells nobody when it happens: a file of /proc, a supervisor that has come up.
 *
 * @throws when it has not happened after 15 s, with what `otherwise` says
 */
export async function until(happened: () => boolean | Promise<boolean>, otherwise: () => string): Promise<void> {
  const last = performance.now() + 15_000
  while (!(await happened())) {
    if (performance.now() > last) throw new Error(otherwise())
    await wait(10)
  }
}
