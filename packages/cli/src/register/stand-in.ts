import { existsSync, mkdtempSync, rmSync, unlinkSync } from 'node:fs'
import { type AddressInfo, isIP, Server, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { heldBySupervisor } from './held-places.ts'
import { findPlace, type Place, portOf } from './place.ts'
import { isLocal, type WantedAddress, wantedAddress } from './wanted-address.ts'

/** Gives the places that this process may take: at a `listen()`, or at a `connect()`. */
export type Places = (listening: boolean) => readonly Place[]

/** Of each server that stands in, the place that it took. */
const taken = new WeakMap<Server, Place>()
let count = 0
let directory: string | undefined

/**
 * From now on `listen()` of an unmodified program takes one of `places` in place of an address of its own.
 *
 * The server itself listens on a private path to which nobody connects, so that everything about it is as ever: its events,
 * `listening`, `close()`. Its `address()` is the public one. It takes the place after two turns of the event loop: what many
 * programs do to see whether a port is free, to listen and close again, touches nothing. For the same reason they connect to
 * their port: that is refused as long as nobody serves it.
 */
export function standIn(places: Places): void {
  const { listen, close } = Server.prototype
  const { connect } = Socket.prototype
  replace(Server.prototype, 'listen', function (this: Server, ...args: unknown[]) {
    const wanted = wantedAddress(args)
    const place = wanted && findPlace(places(true), wanted, this)
    if (wanted === undefined || place === undefined) return Reflect.apply(listen, this, args)
    place.check?.()
    const options = typeof args[0] === 'object' && args[0] !== null ? args[0] : {}
    const signal: unknown = Reflect.get(options, 'signal')
    const callback = args.findLast((each) => typeof each === 'function')
    const path = privatePath()
    takePlace(this, place, wanted, path)
    // Exclusive: a path is not shared among cluster workers.
    return Reflect.apply(listen, this, [{ path, exclusive: true, ...(signal !== undefined && { signal }) }, callback])
  })
  replace(Server.prototype, 'close', function (this: Server, ...args: unknown[]) {
    leavePlace(this)
    return Reflect.apply(close, this, args)
  })
  replace(Socket.prototype, 'connect', function (this: Socket, ...args: unknown[]) {
    const target = connectTarget(args)
    const place = places(false).find(({ address }) => portOf(address) === target?.port)
    if (place === undefined || target === undefined || place.isServed()) return Reflect.apply(connect, this, args)
    process.nextTick(() => this.destroy(refused(target.host, target.port)))
    return this
  })
}

/** A path for one private socket. On Windows, the name of a pipe. */
export function privatePath(): string {
  const name = `${process.pid}-${++count}`
  if (process.platform === 'win32') return `\\\\.\\pipe\\idle-shutdown-${name}-${Math.random().toString(36).slice(2)}`
  // A supervisor removes its own at its end, however this process ends.
  directory ??= heldBySupervisor()?.directory
  if (directory === undefined) {
    const made = mkdtempSync(join(tmpdir(), 'idle-shutdown-'))
    directory = made
    process.once('exit', () => rmSync(made, { recursive: true, force: true }))
  }
  return join(directory, name)
}

function takePlace(server: Server, place: Place, wanted: WantedAddress, path: string): void {
  const { address } = place
  const shown: AddressInfo | string =
    typeof address === 'string' || !('host' in wanted) || isIP(wanted.host ?? '') === 0
      ? address
      : { ...address, address: wanted.host ?? address.address, family: isIP(wanted.host ?? '') === 6 ? 'IPv6' : 'IPv4' }
  const onListening = (): void => {
    // Nobody can connect to what has no name.
    if (process.platform !== 'win32' && existsSync(path)) unlinkSync(path)
    setImmediate(() => setImmediate(open))
  }
  const open = (): void => {
    // Another server of this process may have been first: of the several that frameworks bind for `localhost`, one serves all.
    if (!server.listening || place.server !== undefined) return
    place.server = server
    taken.set(server, place)
    place.open(server)
  }
  Object.defineProperty(server, 'address', {
    value: () => (server.listening ? shown : null),
    configurable: true,
    writable: true,
  })
  server.prependOnceListener('listening', onListening)
  server.once('close', () => {
    server.off('listening', onListening)
    Reflect.deleteProperty(server, 'address')
  })
}

function leavePlace(server: Server): void {
  const place = taken.get(server)
  if (place === undefined) return
  taken.delete(server)
  place.server = undefined
  place.close()
}

/** Methods are looked up on the prototype at each call, also by Node's own subclasses (20 to 26). */
function replace(prototype: object, name: string, value: (...args: never[]) => unknown): void {
  Object.defineProperty(prototype, name, { value, configurable: true, writable: true, enumerable: true })
}

/** `net.connect()` passes its arguments on as one array. */
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
