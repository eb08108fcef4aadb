import { spawn } from 'node:child_process'
import { write } from 'node:fs'
import { readInherited } from './inherited-sockets.ts'
import { service } from './service-variables.ts'

/** Prints debug lines with `NODE_DEBUG=idle-shutdown`. */
export const debug: (message: string, ...values: unknown[]) => void =
  // Importing node:util would load all of it.
  process.getBuiltinModule('node:util').debuglog('idle-shutdown')

/** The longest time (ms) for which `systemd-notify` keeps the process alive. It usually takes some 6 ms. */
const PATIENCE = 2000

/**
 * Messages are sent one after the other. Each may be a process of its own, and READY=1 must not arrive after
 * STOPPING=1.
 */
let last: Promise<unknown> = Promise.resolve()

/** Sends assignments to the supervisor, as one message. Resolves with whether they were sent, and never rejects. */
export function send(assignments: readonly string[]): Promise<boolean> {
  const { socket } = service()
  if (!socket) return Promise.resolve(false)
  const sent = last
    .then(async () => {
      const notifier = inheritedNotifier()
      return (notifier !== undefined && (await written(notifier, assignments))) || (await spawned(assignments, socket))
    })
    .catch((error: unknown) => {
      debug('no notification: %s', error)
      return false
    })
  last = sent
  return sent
}

function inheritedNotifier(): number | undefined {
  try {
    return readInherited().notifier
  } catch {
    // listen() reports what is wrong with the passed sockets.
    return undefined
  }
}

function written(fd: number, assignments: readonly string[]): Promise<boolean> {
  return new Promise((resolve) => {
    write(fd, assignments.join('\n'), (error) => {
      if (error !== null) debug('descriptor %d takes no notification: %s', fd, error.message)
      resolve(error === null)
    })
  })
}

function spawned(assignments: readonly string[], socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const failed = (why: string): void => {
      debug('systemd-notify %s failed: %s', assignments.join(' '), why)
      resolve(false)
    }
    const env = { ...process.env, NOTIFY_SOCKET: socket }
    const child = spawn('systemd-notify', assignments, { env, stdio: 'ignore' })
    // Not unref'd at once, because a service that ends before READY=1 has arrived has failed for systemd.
    const timer = setTimeout(() => {
      child.unref()
      failed(`no answer within ${PATIENCE} ms`)
    }, PATIENCE).unref()
    child.once('error', (error) => {
      clearTimeout(timer)
      failed(error.message)
    })
    child.once('exit', (code, signal) => {
      clearTimeout(timer)
      if (code === 0) resolve(true)
      else failed(`it ended with ${code ?? signal}`)
    })
  })
}
