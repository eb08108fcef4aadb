import type { AddressInfo, Server } from 'node:net'
import { type Endpoint, inLog } from './endpoint.ts'
import {
  activate,
  boundBy,
  listenOnPrivatePath,
  type Report,
  reserve,
  showAddress,
  shownAddress,
} from './endpoint-claims.ts'
import { RANK } from './endpoint-servers.ts'
import { EVERYWHERE, type Host, isLoopbackOnly } from './host.ts'

/**
 * The time (ms) after the last `listen()` of a process. If nothing listens on the held port by then, another server
 * takes it.
 */
const QUIET = 2000

/** A server on a port other than the held one. */
interface Candidate {
  readonly server: Server
  readonly port: number
  readonly host: Host
  readonly endpoints: readonly Endpoint[]
  /** The error that its own port is in use. It is emitted after the decision, if at all. */
  busy?: Error
  /** True once the server takes the held address. */
  given: boolean
}

/**
 * Hands the held address to a server on another port if the program listens nowhere else. Its port is hard-coded then,
 * and each of its copies is held at another address.
 *
 * The first server that other machines can reach takes the address, once {@link QUIET} has passed without a server on
 * the held port. It also listens on its own port; if that is in use, it takes connections of the held address only. A
 * server on the held port ends the rule for this process, and takes over.
 */
export class OnlyEndpoint {
  readonly #listen: (server: Server, args: readonly unknown[]) => unknown
  readonly #report: Report
  readonly #given: (server: Server) => void
  #candidates: Candidate[] = []
  #timer: NodeJS.Timeout | undefined
  #over = false

  constructor(
    listen: (server: Server, args: readonly unknown[]) => unknown,
    report: Report,
    given: (server: Server) => void,
  ) {
    this.#listen = listen
    this.#report = report
    this.#given = given
  }

  /** True while a server may still take the held address. */
  get isDeciding(): boolean {
    return this.#timer !== undefined
  }

  /** Starts the time again, because the program listens somewhere. */
  restartTimer(): void {
    if (this.#timer !== undefined) this.#wait()
  }

  /** Ends the rule for this process, because a server listens on the held address. */
  end(): void {
    this.#over = true
    this.#stop()
    for (const { server, busy, given } of this.#candidates.splice(0))
      if (busy !== undefined && !given) server.emit('error', busy)
  }

  /** Listens on the server's own port, and considers the server for the held address. */
  consider(
    server: Server,
    wanted: { port: number; host: Host },
    args: readonly unknown[],
    endpoints: readonly Endpoint[],
  ): unknown {
    const [first] = this.#candidates
    if (this.#over || isLoopbackOnly(wanted.host) || (first !== undefined && first.port !== wanted.port))
      return this.#listen(server, args)
    const candidate: Candidate = { ...wanted, server, endpoints, given: false }
    this.#candidates.push(candidate)
    const [endpoint] = endpoints
    showAddress(server, () =>
      endpoint !== undefined && this.#mayHave(candidate) ? shownAddress(endpoint, wanted.host) : boundBy(server),
    )
    onOutcome(server, {
      listens: () => {
        // The host was a name, and its address is known only now.
        if (isLoopbackOnly(hostOf(boundBy(server)))) this.forget(server)
      },
      busy: (error) => {
        if (!this.#candidates.includes(candidate)) return false
        candidate.busy = error
        this.#wait()
        return true
      },
    })
    this.#wait()
    return this.#listen(server, args)
  }

  /** Drops a server that closes, or that cannot take the held address. */
  forget(server: Server): void {
    this.#candidates = this.#candidates.filter((one) => one.server !== server)
    if (this.#candidates.length === 0) this.#stop()
  }

  /** Returns the ports on which a server listens. For a server that is still considered, its own port. */
  portsOf(server: Server): readonly number[] {
    const candidate = this.#candidates.find((one) => one.server === server)
    const addresses = [candidate === undefined ? server.address() : boundBy(server)]
    if (candidate?.given === true) addresses.push(...candidate.endpoints.map(({ address }) => address))
    return addresses.flatMap((address) => (typeof address === 'object' && address !== null ? [address.port] : []))
  }

  /**
   * Reports whether a server shows the held address: it has the address or may still take it, or it listens nowhere
   * else.
   */
  #mayHave(candidate: Candidate): boolean {
    const { given, busy } = candidate
    return given
      ? busy !== undefined || this.#candidates.includes(candidate)
      : this.#candidates.includes(candidate) && !this.#over
  }

  #stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #wait(): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#decide(), QUIET)
    // A listening server keeps the process alive. A server that waits for its port has nothing else that does.
    if (this.#candidates.every(({ busy }) => busy === undefined)) this.#timer.unref()
  }

  #decide(): void {
    this.#timer = undefined
    this.#over = true
    for (const candidate of this.#candidates) {
      const { server, endpoints, host, port, busy } = candidate
      if (endpoints.some(({ servers }) => (servers.rank ?? RANK.only) > RANK.only)) continue
      candidate.given = true
      const matches = endpoints.map((endpoint) => ({ endpoint, rank: RANK.only }))
      const claim = reserve(server, matches, host)
      const own = busy === undefined ? 'and keeps its own port' : 'because its own port is in use'
      for (const { address } of endpoints)
        this.#report(`${inLog(address)}: no server listens on it; the server of port ${port} takes it, ${own}`)
      if (busy === undefined) activate(claim, this.#report)
      else listenOnPrivatePath(claim, (options) => this.#listen(server, [options]), {}, this.#report)
      this.#given(server)
    }
  }
}

/**
 * Calls back once with the outcome of the `listen()` that follows. `busy` returns true if the error must not be
 * emitted.
 */
export function onOutcome(
  server: Server,
  { listens, busy }: { readonly listens?: () => void; readonly busy: (error: Error) => boolean },
): void {
  const own = Object.getOwnPropertyDescriptor(server, 'emit')
  const { emit } = server
  const shadow = (event: string, ...rest: unknown[]): boolean => {
    if (event === 'listening' || event === 'error' || event === 'close') {
      if (Reflect.get(server, 'emit') === shadow) {
        Reflect.deleteProperty(server, 'emit')
        if (own !== undefined) Object.defineProperty(server, 'emit', own)
      }
      const [error] = rest
      if (event === 'error' && isInUse(error) && busy(error)) return true
      if (event === 'listening') listens?.()
    }
    return Reflect.apply(emit, server, [event, ...rest])
  }
  Object.defineProperty(server, 'emit', { value: shadow, configurable: true, writable: true })
}

function isInUse(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
}

function hostOf(address: AddressInfo | string | null): Host {
  return typeof address === 'object' && address !== null ? { ...EVERYWHERE, address: address.address } : EVERYWHERE
}
