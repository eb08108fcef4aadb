import { subscribe } from 'node:diagnostics_channel'
import { after, systemClock } from '../clock.ts'
import { warn } from '../errors.ts'
import { LISTEN, lookOut, search, unwatchedServers } from './discovery.ts'
import type { AnyHttpServer } from './server.ts'

/** The delay (ms) of the warning, after the last app was made or server began to listen. */
const DELAY = 1000

/** The apps of which no server has been found. */
const seekers = new Set<WeakRef<object>>()
const collected = new FinalizationRegistry<WeakRef<object>>((seeker) => seekers.delete(seeker))
/** The servers that a warning has named. */
const named = new WeakSet<AnyHttpServer>()
let subscribed = false
let forgetSurvey: (() => void) | undefined

/**
 * Names the servers that listen and that lead to no known app, in a process warning, while no server of `app` is found.
 * Such servers do not end.
 *
 * Returns the undo, for when a server of the app is found. Retains neither the app nor the process.
 */
export function seek(app: object): () => void {
  lookOut()
  if (!subscribed) subscribe(LISTEN, plan)
  subscribed = true
  const seeker = new WeakRef(app)
  seekers.add(seeker)
  collected.register(app, seeker)
  plan()
  return () => {
    seekers.delete(seeker)
  }
}

/** Searches the unwatched servers again for an app. Returns those that are left. */
export function searchAgain(): AnyHttpServer[] {
  for (const server of unwatchedServers()) search(server)
  return unwatchedServers()
}

/** Returns the addresses of servers on one line, for a warning. */
export function addresses(servers: readonly AnyHttpServer[]): string {
  return servers.map(addressOf).join(', ')
}

function plan(): void {
  forgetSurvey?.()
  forgetSurvey = seekers.size > 0 ? after(systemClock, DELAY, survey) : undefined
}

function survey(): void {
  const isNew = (server: AnyHttpServer): boolean => !named.has(server)
  if (seekers.size === 0 || !unwatchedServers().some(isNew)) return
  const servers = searchAgain().filter(isNew)
  if (servers.length === 0 || ![...seekers].some((seeker) => seeker.deref() !== undefined)) return
  for (const server of servers) named.add(server)
  warn(
    'IDLE_SERVER_UNKNOWN',
    `No server of an app with idle shutdown was found, and ${addresses(servers)} listens unwatched. If it serves that app, it does not end when idle: call watch(server)`,
  )
}

function addressOf(server: AnyHttpServer): string {
  const address = server.address()
  if (address === null) return 'a server'
  if (typeof address === 'string') return address
  return address.family === 'IPv6' ? `[${address.address}]:${address.port}` : `${address.address}:${address.port}`
}
