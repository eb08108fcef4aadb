import { Server, Socket } from 'node:net'
import { type Endpoint, hostOf, type Match, matchingEndpoints, onlyEndpoints, portOf } from './endpoint.ts'
import {
  activateLater,
  listenOnPrivatePath,
  type Report,
  releaseClaim,
  reserve,
  showAddress,
  shownAddress,
} from './endpoint-claims.ts'
import { RANK } from './endpoint-servers.ts'
import { addMode } from './held-endpoints.ts'
import { isLocal, isName } from './host.ts'
import { OnlyEndpoint, onOutcome } from './only-endpoint.ts'
import { isOwn } from './own-servers.ts'
import { type WantedAddress, wantedAddress } from './wanted-address.ts'

/** The endpoints that this process may take. */
export interface EndpointSource {
  /** Returns the endpoints, for a `listen()` or for a `connect()`. */
  list(listening: boolean): readonly Endpoint[]
  /** Notes that the program has opened a descriptor itself. */
  opened?(fd: number): void
}

/** Receives what servers do with endpoints. */
export interface Observer {
  readonly report: Report
  /** A server takes a held address beside its own port. */
  given(server: Server): void
}

/** Knows the servers on ports other than the held one. */
export interface InterceptedListen {
  /** Returns the ports on which a server listens. */
  portsOf(server: Server): readonly number[]
  /** True while it is open which server takes the held address. Clients may wait there meanwhile. */
  readonly isDeciding: boolean
}

/**
 * Makes `listen()` of an unmodified program take a held address if the port, path or name is the same. Its `address()`
 * is then the public address. A server on another port listens as it would without this.
 *
 * Programs also connect to their port to see whether it is free. Such a connection is refused as long as no server has
 * taken the port.
 */
export function interceptListen(endpoints: EndpointSource, { report, given }: Observer): InterceptedListen {
  const { listen, close } = Server.prototype
  const { connect } = Socket.prototype
  const native = (server: Server, args: readonly unknown[]): unknown => Reflect.apply(listen, server, args)
  const onlyEndpoint = new OnlyEndpoint(native, report, given)

  const listenFor = (server: Server, args: readonly unknown[], wanted: WantedAddress): unknown => {
    const all = endpoints.list(true)
    const matches = matchingEndpoints(all, wanted, server)
    const [best] = matches
    if (best !== undefined) {
      for (const { endpoint } of matches) endpoint.check?.()
      onlyEndpoint.end()
      return best.rank === RANK.exact ? inPlace(server, args, wanted, matches) : beside(server, args, wanted, matches)
    }
    if ('fd' in wanted) endpoints.opened?.(wanted.fd)
    const held = 'port' in wanted ? onlyEndpoints(all) : []
    return 'port' in wanted && held.length > 0
      ? onlyEndpoint.consider(server, wanted, args, held)
      : native(server, args)
  }

  const inPlace = (
    server: Server,
    args: readonly unknown[],
    wanted: WantedAddress,
    matches: readonly Match[],
  ): unknown => {
    const host = hostOf(wanted)
    // The kernel reports that the address is in use, as without this package.
    if (matches.some(({ endpoint: { servers } }) => servers.conflicts(host))) return native(server, args)
    const claim = reserve(server, matches, host)
    const [shown] = matches
    if (shown !== undefined) showAddress(server, () => shownAddress(shown.endpoint, host))
    const callback = args.findLast((each) => typeof each === 'function')
    const begin = (): unknown => {
      if ('path' in wanted)
        for (const { endpoint } of matches)
          if (typeof endpoint.address === 'string') addMode(endpoint.address, wanted.mode)
      return listenOnPrivatePath(claim, (options) => native(server, [options, callback]), signalOf(args), report)
    }
    const restored = matches.flatMap(({ endpoint }) => endpoint.restore?.() ?? [])
    if (restored.length === 0) return begin()
    void Promise.all(restored).then(begin)
    return server
  }

  /** Listens on the server's own address as well, if that is free. For a server that does not fit exactly. */
  const beside = (
    server: Server,
    args: readonly unknown[],
    wanted: WantedAddress,
    matches: readonly Match[],
  ): unknown => {
    const [best] = matches
    const claim = reserve(server, matches, hostOf(wanted))
    if (best?.rank === RANK.protocol) showAddress(server, () => shownAddress(best.endpoint, hostOf(wanted)))
    onOutcome(server, {
      listens: () => activateLater(claim, report),
      busy: () => {
        listenOnPrivatePath(claim, (options) => native(server, [options]), signalOf(args), report)
        return true
      },
    })
    return native(server, args)
  }

  replace(Server.prototype, 'listen', function (this: Server, ...args: unknown[]) {
    if (isOwn(this) || this.listening) return native(this, args)
    onlyEndpoint.restartTimer()
    const wanted = wantedAddress(args)
    if (wanted === undefined) return native(this, args)
    if (!('port' in wanted) || !isName(wanted.host) || !isAnyPort(endpoints.list(true), wanted.port))
      return listenFor(this, args, wanted)
    // The clients that the server may serve depend on the address of the host.
    process.getBuiltinModule('node:dns').lookup(wanted.host.address ?? '', (error, address) => {
      if (error !== null) native(this, args)
      else listenFor(this, args, { ...wanted, host: { ...wanted.host, address } })
    })
    return this
  })
  replace(Server.prototype, 'close', function (this: Server, ...args: unknown[]) {
    onlyEndpoint.forget(this)
    releaseClaim(this)
    return Reflect.apply(close, this, args)
  })
  replace(Socket.prototype, 'connect', function (this: Socket, ...args: unknown[]) {
    const target = connectTarget(args)
    const held =
      target === undefined ? [] : endpoints.list(false).filter(({ address }) => portOf(address) === target.port)
    if (target === undefined || held.length === 0 || held.some((endpoint) => endpoint.isServed()))
      return Reflect.apply(connect, this, args)
    process.nextTick(() => this.destroy(refused(target.host, target.port)))
    return this
  })
  return onlyEndpoint
}

function isAnyPort(endpoints: readonly Endpoint[], port: number): boolean {
  return endpoints.some(({ address, name }) => portOf(address) === port || name === String(port))
}

function signalOf([options]: readonly unknown[]): { readonly signal?: unknown } {
  return typeof options === 'object' && options !== null && 'signal' in options ? { signal: options.signal } : {}
}

/** Replaces a method on a prototype. Node's own subclasses also look it up there at each call (Node 20-26). */
function replace(prototype: object, name: string, value: (...args: never[]) => unknown): void {
  Object.defineProperty(prototype, name, { value, configurable: true, writable: true, enumerable: true })
}

/** Returns the target of a `connect()` to this machine. `net.connect()` passes its arguments on as one array. */
function connectTarget(args: readonly unknown[]): { host: string; port: number } | undefined {
  const flat: readonly unknown[] = Array.isArray(args[0]) ? args[0] : args
  const [first, second] = flat
  const options = typeof first === 'object' && first !== null ? first : { port: first, host: second }
  const host: unknown = Reflect.get(options, 'host')
  const port = Number(Reflect.get(options, 'port'))
  if (!Number.isInteger(port) || port <= 0 || typeof Reflect.get(options, 'path') === 'string') return undefined
  return isLocal(typeof host === 'function' ? undefined : host)
    ? { host: typeof host === 'string' ? host : '127.0.0.1', port }
    : undefined
}

function refused(host: string, port: number): Error {
  const error = new Error(`connect ECONNREFUSED ${host}:${port}`)
  return Object.assign(error, { code: 'ECONNREFUSED', errno: -111, syscall: 'connect', address: host, port })
}
