import type { ChildProcess } from 'node:child_process'
import type { Worker } from 'node:worker_threads'
import { hasMethods, invalidOption } from '../errors.ts'
import type { Hold, HoldOptions } from './hold.ts'

/** Holds until `work` is over, and returns its outcome. `work` is a promise, a child process or a worker thread. */
export async function waitFor(
  work: unknown,
  label: string | undefined,
  options: HoldOptions | undefined,
  hold: (label: string, options?: HoldOptions) => Hold,
): Promise<unknown> {
  const outlasting = whatRuns(work)
  // Any other object or function may go on, without a way to see its end. A plain value is the outcome of work.
  if (outlasting === undefined && Object(work) === work && !hasMethods(work, 'then')) throw notWork(work)
  const held = hold(label ?? outlasting?.label ?? 'waitUntil', options)
  try {
    return await (outlasting === undefined ? work : outlasting.exit())
  } finally {
    held.release()
  }
}

function notWork(value: unknown): Error {
  const instruction = typeof value === 'function' ? 'Call the function, and pass its promise' : undefined
  return invalidOption('work', value, 'a promise, a Worker or a ChildProcess', instruction)
}

/** A child process or a worker thread. */
interface Running {
  /** A name without arguments, which may be secret. */
  readonly label: string
  /** Resolves when it has exited. Never rejects. */
  exit(): Promise<void>
}

/**
 * Returns a child process or a worker thread as one that runs. Returns undefined for anything else, and for a promise
 * that is also a child process, such as that of execa.
 *
 * Does not load the modules of Node that make them, which would cost every start.
 */
function whatRuns(work: unknown): Running | undefined {
  if (typeof work !== 'object' || work === null || !hasMethods(work, 'once') || hasMethods(work, 'then'))
    return undefined
  if (isChild(work)) {
    const label = `process ${work.spawnfile?.replace(/^.*[\\/]/s, '') ?? work.pid}`
    // A process that could not be started has no pid. One that has exited has a code or the name of a signal.
    const isOver = work.pid === undefined || work.exitCode !== null || work.signalCode !== null
    return { label, exit: () => exitOf(work, isOver) }
  }
  if (!isWorker(work)) return undefined
  // Node 22 and later have the name.
  const name: unknown = Reflect.get(work, 'threadName')
  const label = `worker ${typeof name === 'string' && !/^(WorkerThread)?$/.test(name) ? name : work.threadId}`
  return { label, exit: () => exitOf(work, work.threadId === -1) }
}

function exitOf(work: ChildProcess | Worker, isOver: boolean): Promise<void> {
  return new Promise((resolve) => {
    if (isOver) resolve()
    else work.once('exit', () => resolve())
  })
}

function isChild(work: object): work is ChildProcess {
  return 'exitCode' in work && 'signalCode' in work && 'pid' in work
}

function isWorker(work: object): work is Worker {
  return 'threadId' in work && 'postMessage' in work
}
