import type { Server } from 'node:net'
import { inheritedSockets } from '@idle-shutdown/activation'
import { IdleUsageError } from '@idle-shutdown/core'
import { say } from '../process/log.ts'
import type { Endpoint } from './endpoint.ts'
import { InheritedEndpoint } from './inherited-endpoint.ts'
import type { EndpointSource } from './intercept-listen.ts'
import { withVariables } from './passed-variables.ts'

/** The listening sockets that systemd passed, as endpoints. */
export class InheritedEndpoints implements EndpointSource {
  readonly #isEnd: (server: Server) => boolean
  /** The descriptors that the program has opened itself. */
  readonly #opened = new Set<number>()
  #all: readonly InheritedEndpoint[] | undefined
  #ending = false

  /** `isEnd` reports whether a server closes because the process ends. */
  constructor(isEnd: (server: Server) => boolean) {
    this.#isEnd = isEnd
  }

  /**
   * Returns the endpoints. There are none at a `connect()` before the first `listen()`. There are also none if the sockets
   * were passed to another process, such as npm or a shell; one line on stderr says so.
   */
  list(listening: boolean): readonly Endpoint[] {
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
   * Closes the endpoints that no server takes any more, because the process ends. The next process gets their connections.
   */
  end(): void {
    this.#ending = true
    for (const endpoint of this.#all ?? []) if (endpoint.servers.rank === undefined) endpoint.closeUnlessServed()
  }

  #make(): readonly InheritedEndpoint[] {
    const events = {
      taken: (): void => {
        // A program that listens by port does not serve the other sockets by their descriptors. They are opened for the
        // line about waiting clients.
        for (const endpoint of this.#all ?? []) if (!this.#opened.has(endpoint.fd) && !endpoint.isGone) endpoint.hold()
      },
      isEnd: (server: Server): boolean => this.#ending || this.#isEnd(server),
    }
    return withVariables(inheritedSockets)
      .filter(({ kind }) => kind === 'listening')
      .map(({ fd, name }) => new InheritedEndpoint(fd, name, events))
  }
}
