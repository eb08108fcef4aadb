import { type AddressInfo, createServer, type Server } from 'node:net'
import { inheritedSockets } from '@idle-shutdown/activation'
import { IdleUsageError } from '@idle-shutdown/core'
import { giveHandle } from './delivery.ts'
import { say } from './log.ts'
import type { Place } from './place.ts'

/** How long (ms) somebody waits at a socket that no server has taken before a line says so. */
const UNTAKEN = 5000

/**
 * The listening sockets that systemd passed, as places to take. Empty where none were. Sockets that were passed to another
 * process, such as npm or a shell, cannot be taken: one line says so.
 */
export function inheritedPlaces(): readonly Place[] {
  try {
    return inheritedSockets()
      .filter(({ kind }) => kind === 'listening')
      .map(({ fd, name }) => new InheritedPlace(fd, name))
  } catch (error) {
    if (!(error instanceof IdleUsageError)) throw error
    say(error.message)
    return []
  }
}

/**
 * Whether systemd passed sockets. If it was to this process, they are taken out of the environment, so that its children do not
 * take them for theirs.
 */
export function arePassed(): boolean {
  const { LISTEN_FDS, LISTEN_PID } = process.env
  if (LISTEN_FDS === undefined) return false
  if (Number(LISTEN_PID) === process.pid) {
    try {
      inheritedSockets()
    } catch {
      // The same is thrown again where they are used.
    }
  }
  return true
}

/**
 * A socket that another process opened. It is opened here at once, since only then its address is known; what comes before a
 * server takes it waits for that server.
 */
class InheritedPlace implements Place {
  readonly address: AddressInfo | string
  readonly name: string
  server: Server | undefined
  readonly #holder: Server
  #waiting: object[] = []
  #reminder: NodeJS.Timeout | undefined
  #open = false

  constructor(fd: number, name: string) {
    this.name = name
    // The server that takes it keeps the process alive, and not this.
    this.#holder = createServer({ pauseOnConnect: true, allowHalfOpen: true }, (socket) => this.#accept(socket))
    this.#holder.listen({ fd }).unref()
    const handle: unknown = Reflect.get(this.#holder, '_handle')
    // The connection's handle is made a socket by the server that takes it: see giveHandle.
    if (typeof Reflect.get(Object(handle), 'onconnection') === 'function') {
      Reflect.set(Object(handle), 'onconnection', (failed: number, connection: object | undefined) => {
        if (failed === 0 && connection !== undefined) this.#accept(connection)
      })
    }
    this.address = this.#holder.address() ?? ''
  }

  open(server: Server): void {
    this.#open = true
    const waiting = this.#waiting
    this.#waiting = []
    for (const connection of waiting) giveHandle(server, connection)
  }

  close(): void {
    this.#open = false
    this.#holder.close()
  }

  isServed(): boolean {
    return this.#open
  }

  #accept(connection: object): void {
    if (this.server !== undefined) {
      giveHandle(this.server, connection)
      return
    }
    this.#waiting.push(connection)
    this.#reminder ??= setTimeout(() => this.#remind(), UNTAKEN).unref()
  }

  #remind(): void {
    if (this.#waiting.length === 0) return
    const { address, name } = this
    const at = typeof address === 'string' ? address : `port ${address.port}`
    say(
      `nobody listens on the inherited socket '${name}' (${at}): who comes there waits. Listen on it, or take it out of the unit`,
    )
  }
}
