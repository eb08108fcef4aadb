import type { Server } from 'node:net'
import { inheritedSockets } from '@idle-shutdown/activation'
import { IdleUsageError } from '@idle-shutdown/core'
import { InheritedPlace } from './inherited-place.ts'
import { say } from './log.ts'
import { withVariables } from './passed-variables.ts'
import type { Place } from './place.ts'
import type { Places } from './stand-in.ts'

/** The listening sockets that systemd passed, as places to take. */
export class InheritedPlaces implements Places {
  readonly #isEnd: (server: Server) => boolean
  /** The descriptors that the program has opened itself. */
  readonly #opened = new Set<number>()
  #all: readonly InheritedPlace[] | undefined
  #ending = false

  /** `isEnd` reports whether a server closes since the process ends. */
  constructor(isEnd: (server: Server) => boolean) {
    this.#isEnd = isEnd
  }

  /**
   * Returns them. None at a `connect()` before the first `listen()`, and none if they were passed to another process, such as
   * npm or a shell: one line says so.
   */
  list(listening: boolean): readonly Place[] {
    if (listening) {
      try {
        this.#all ??= this.#make()
      } catch (error) {
        if (!(error instanceof IdleUsageError)) throw error
        say(error.message)
        this.#all = []
      }
    }
    return (this.#all ?? []).filter(
      ({ isOpen, isGone, known, fd }) =>
        isOpen || (!isGone && !this.#opened.has(fd) && (listening || known !== undefined)),
    )
  }

  /** The program has opened a descriptor by itself: it is not opened here. */
  opened(fd: number): void {
    this.#opened.add(fd)
  }

  /** Returns where the unix sockets among them are bound. */
  get paths(): readonly string[] {
    try {
      this.#all ??= this.#make()
    } catch {
      // The same is thrown again when a server listens.
    }
    return (this.#all ?? []).flatMap(({ known }) => (typeof known === 'string' ? [known] : []))
  }

  /** The process ends: what no server takes any more is let go at once, for the next process. */
  end(): void {
    this.#ending = true
    for (const place of this.#all ?? []) if (place.takers.rank === undefined) place.letGo()
  }

  #make(): readonly InheritedPlace[] {
    const told = {
      taken: (): void => {
        // A program that listens by port does not serve the others by their descriptors: a line says so if a client waits there.
        for (const place of this.#all ?? []) if (!this.#opened.has(place.fd) && !place.isGone) place.hold()
      },
      isEnd: (server: Server): boolean => this.#ending || this.#isEnd(server),
    }
    return withVariables(inheritedSockets)
      .filter(({ kind }) => kind === 'listening')
      .map(({ fd, name }) => new InheritedPlace(fd, name, told))
  }
}
