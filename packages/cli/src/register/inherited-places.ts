import type { Server } from 'node:net'
import { inheritedSockets } from '@idle-shutdown/activation'
import { IdleUsageError } from '@idle-shutdown/core'
import { InheritedPlace } from './inherited-place.ts'
import { say } from './log.ts'
import { withVariables } from './passed-variables.ts'
import type { Place } from './place.ts'
import type { Places } from './stand-in.ts'

/** The listening sockets that systemd passed, as places. */
export class InheritedPlaces implements Places {
  readonly #isEnd: (server: Server) => boolean
  /** The descriptors that the program has opened itself. */
  readonly #opened = new Set<number>()
  #all: readonly InheritedPlace[] | undefined
  #ending = false

  /** `isEnd` reports whether a server closes because the process ends. */
  constructor(isEnd: (server: Server) => boolean) {
    this.#isEnd = isEnd
  }

  /**
   * Returns the places. There are none at a `connect()` before the first `listen()`. There are also none if the sockets
   * were passed to another process, such as npm or a shell; one line on stderr says so.
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

  /** Notes that the program has opened a descriptor itself, so it is not opened here. */
  opened(fd: number): void {
    this.#opened.add(fd)
  }

  /** Returns the paths of the unix sockets among them. */
  get paths(): readonly string[] {
    try {
      this.#all ??= this.#make()
    } catch {
      // The same error is thrown when a server listens.
    }
    return (this.#all ?? []).flatMap(({ known }) => (typeof known === 'string' ? [known] : []))
  }

  /**
   * Closes the places that no server takes any more, because the process ends. The next process gets their connections.
   */
  end(): void {
    this.#ending = true
    for (const place of this.#all ?? []) if (place.takers.rank === undefined) place.letGo()
  }

  #make(): readonly InheritedPlace[] {
    const told = {
      taken: (): void => {
        // A program that listens by port does not serve the other sockets by their descriptors. They are opened for the
        // line about waiting clients.
        for (const place of this.#all ?? []) if (!this.#opened.has(place.fd) && !place.isGone) place.hold()
      },
      isEnd: (server: Server): boolean => this.#ending || this.#isEnd(server),
    }
    return withVariables(inheritedSockets)
      .filter(({ kind }) => kind === 'listening')
      .map(({ fd, name }) => new InheritedPlace(fd, name, told))
  }
}
