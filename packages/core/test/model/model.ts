import { type Activity, MOST_SILENCE, ModelClock, type Renewal } from './model-clock.ts'
import { ModelHold } from './model-hold.ts'
import { ModelConnection, ModelRequest, ModelServer } from './model-server.ts'

export const PATIENCE = 10_000

export interface Settings {
  readonly activity: 'connections' | 'requests'
  readonly upgrades: 'open' | 'traffic' | 'ignore'
  readonly startupPatience: number
}

/**
 * The expected behavior of an IdleShutdown: section 4 of the design (what counts as activity), as plainly as possible.
 *
 * Keeps no counts: they follow from what is in progress.
 */
export class Model implements Activity {
  readonly settings: Settings
  readonly clock: ModelClock
  servers: ModelServer[] = []
  holds: ModelHold[] = []
  /** The renewal of the deadline by the SETTINGS of each session, until one of its streams has been an activity. */
  readonly #openings = new Map<ModelConnection, Renewal>()
  /** `true` if an activity ended while others went on, so that the time was not read (decision 2). */
  #finishedWhileBusy = false
  #numbers = 0

  constructor(settings: Settings) {
    this.settings = settings
    this.clock = new ModelClock(PATIENCE, settings.startupPatience, this)
  }

  get ended(): boolean {
    return this.clock.state === 'ended'
  }

  /** The expected `tracker.active`. */
  get active(): number {
    return this.#activeOnServers + this.holds.length
  }

  /** The number of requests that only suspend the end. */
  get ignored(): number {
    return this.#watched.reduce((sum, { ignored }) => sum + ignored, 0)
  }

  /** The expected `tracker.deadline`, in ms of wall-clock time since the start. */
  get deadline(): number | undefined {
    const { state, now, ahead, deadline } = this.clock
    return state === 'running' && this.active === 0 ? Math.max(deadline, now) + ahead : undefined
  }

  get connections(): ModelConnection[] {
    return this.servers.flatMap(({ connections }) => connections)
  }

  get requests(): ModelRequest[] {
    return this.connections.flatMap(({ requests }) => requests)
  }

  // Servers

  add(kind: ModelServer['kind']): ModelServer {
    const server = new ModelServer(++this.#numbers, kind)
    this.servers.push(server)
    return server
  }

  listen(server: ModelServer): void {
    server.state = 'listening'
    server.givenUp = false
    if (server.watches > 0) this.clock.start()
  }

  /** Takes over live connections. Silent ones count as idle, and a request counts as the settings say. */
  watch(server: ModelServer): void {
    if (++server.watches > 1) return
    for (const connection of server.connections) {
      connection.silence = undefined
      this.#scheduleCheck(server)
      connection.counts = server.kind === 'net'
      connection.moved = false
      if (connection.upgraded !== undefined) connection.upgraded = this.settings.upgrades
      for (const request of connection.requests) {
        request.ignored = request.matched
        request.silent = false
        request.seen = request === connection.requests[0]
      }
    }
    if (server.state === 'listening' || server.connections.length > 0) this.clock.start()
  }

  /** Undoes one watch. The last undo stops counting everything on the server. */
  unwatch(server: ModelServer): void {
    if (--server.watches > 0) return
    server.givenUp = false
    server.cancelCheck?.()
    server.cancelCheck = undefined
    this.#renewByTraffic(server.connections)
    const counted = server.connections.filter(({ active, ignored }) => active + ignored > 0)
    for (const connection of server.connections) this.#openings.delete(connection)
    if (counted.length > 0) this.#released(counted.some(({ active }) => active > 0))
  }

  /** The user closes the server, while it has no connection that Node would close. */
  closeServer(server: ModelServer): void {
    // A server that was never open has not ended.
    if (server.state === 'new') server.givenUp = server.watches > 0
    if (server.state === 'new') return
    server.state = 'closing'
    this.#closeIfEmpty(server)
  }

  // Connections and requests

  accept(server: ModelServer): ModelConnection {
    const counts = server.kind === 'net' || this.settings.activity === 'connections'
    const connection = new ModelConnection(++this.#numbers, server, counts)
    server.connections.push(connection)
    if (server.watches > 0) this.#scheduleCheck(server)
    // A session that never sends its SETTINGS counts for two patiences.
    if (server.kind === 'http2') this.clock.after(2 * PATIENCE, () => this.#stopCounting(connection))
    return connection
  }

  /** Bytes arrive that are not a complete request, or belong to an upgraded socket. */
  bytes(connection: ModelConnection): void {
    connection.moves++
    connection.moved = true
  }

  request(connection: ModelConnection, ignored: boolean): ModelRequest {
    const request = new ModelRequest(++this.#numbers, connection, ignored)
    const { counts } = connection
    connection.moves++
    connection.requests.push(request)
    connection.counts = false
    connection.used = true
    connection.head = false
    // The bytes of an ignored request are not the beginning of a head.
    connection.moved = !ignored
    if (ignored) {
      if (counts) this.#cancelled(connection)
      this.#revokeOpening(connection)
    }
    return request
  }

  /** The handler ends the response. Pipelined responses close in their order, HTTP/2 streams in any order. */
  answer(request: ModelRequest): void {
    request.answered = true
    const { connection } = request
    connection.moves++
    const inOrder = connection.server.kind === 'http'
    const waiting = connection.requests.findIndex(({ answered }) => !answered)
    const closed = connection.requests.filter(
      ({ answered }, index) => answered && !(inOrder && waiting >= 0 && index > waiting),
    )
    this.#close(connection, closed)
  }

  /** The stream closes, answered or not. */
  reset(request: ModelRequest): void {
    this.#close(request.connection, [request])
  }

  /** The route marks the request as ignored. */
  ignore(request: ModelRequest): void {
    const { connection } = request
    if (request.ignored || !request.seen || connection.server.watches === 0) return
    request.ignored = true
    connection.moved = false
    if (request.silent) return
    this.#cancelled(connection)
    this.#revokeOpening(connection)
  }

  upgrade(connection: ModelConnection, ignored: boolean): void {
    const { counts } = connection
    connection.moves++
    connection.counts = false
    connection.head = false
    connection.upgraded = ignored ? 'ignore' : this.settings.upgrades
    // The 101 is the first traffic.
    connection.moved = true
    if (connection.server.watches === 0) return
    if (connection.upgraded === 'ignore' && counts) this.#cancelled(connection)
    if (connection.upgraded !== 'traffic') return
    if (counts) this.#released(true)
    else this.touch()
  }

  /** The client's SETTINGS arrive (HTTP/2). */
  greet(connection: ModelConnection): void {
    connection.settled = true
    if (!connection.counts) return
    connection.counts = false
    if (connection.server.watches === 0) return
    const opening = this.#released(true)
    if (opening !== undefined) this.#openings.set(connection, opening)
  }

  /** The socket closes. */
  close(connection: ModelConnection): void {
    const { server, active, ignored } = connection
    server.connections = server.connections.filter((each) => each !== connection)
    if (server.watches > 0) this.#renewByTraffic([connection])
    if (server.watches > 0 && active + ignored > 0) this.#released(active > 0)
    this.#closeIfEmpty(server)
  }

  /** Renews the deadline if one of these connections counts by its traffic, and bytes have moved since the last deadline. */
  #renewByTraffic(connections: readonly ModelConnection[]): void {
    if (connections.some(({ upgraded, moved }) => upgraded === 'traffic' && moved)) this.touch()
  }

  // Holds

  hold(work: boolean): ModelHold {
    const hold = new ModelHold(++this.#numbers, work)
    // During the drain a hold counts, too. Once everything has closed, it does not, which the bound after the end allows.
    this.holds.push(hold)
    return hold
  }

  release(hold: ModelHold): void {
    this.holds = this.holds.filter((each) => each !== hold)
    this.touch()
  }

  cancel(hold: ModelHold): void {
    this.holds = this.holds.filter((each) => each !== hold)
    this.clock.onQuiet()
  }

  touch(): void {
    this.#finishedWhileBusy = false
    this.clock.renew()
  }

  // The questions of the clock

  get quiet(): boolean {
    return this.active + this.ignored === 0
  }

  get headBegun(): boolean {
    return this.#watched.some(({ headBegun }) => headBegun)
  }

  mark(): void {
    for (const connection of this.#watched) if (connection.upgraded === undefined) connection.moved = false
  }

  trafficMoved(): boolean {
    const spoken = this.#watched.filter((connection) => this.#countAgain(connection))
    const traffic = this.#watched.filter(({ upgraded, moved }) => upgraded === 'traffic' && moved)
    for (const connection of traffic) connection.moved = false
    return traffic.length + spoken.length > 0
  }

  get #watched(): ModelConnection[] {
    return this.connections.filter(({ server }) => server.watches > 0)
  }

  get #activeOnServers(): number {
    return this.#watched.reduce((sum, { active }) => sum + active, 0)
  }

  /** Checks the connections of a server every patience, for as long as it has any. */
  #scheduleCheck(server: ModelServer): void {
    if (server.kind === 'net' || server.cancelCheck !== undefined) return
    server.cancelCheck = this.clock.after(PATIENCE, () => {
      server.cancelCheck = undefined
      for (const connection of server.connections) {
        this.#countAgain(connection)
        this.#check(connection)
      }
      if (server.connections.length > 0) this.#scheduleCheck(server)
    })
  }

  /** Stops waiting for a client that has been silent for two patiences. */
  #check(connection: ModelConnection): void {
    const { moves, waiting, silence, requests } = connection
    const { now } = this.clock
    if (!waiting) connection.silence = undefined
    else if (silence === undefined || silence.moves !== moves) connection.silence = { moves, since: now }
    else if (now - silence.since >= MOST_SILENCE * PATIENCE) {
      this.#stopCounting(connection)
      for (const request of requests) {
        if (!request.silent) this.#setSilent(request)
      }
    }
  }

  #setSilent(request: ModelRequest): void {
    request.silent = true
    this.#released(!request.ignored)
  }

  /** Counts a request again whose client has sent data. */
  #countAgain({ requests, hasSpoken }: ModelConnection): boolean {
    const [request] = requests
    if (request?.silent !== true || !hasSpoken) return false
    request.silent = false
    return !request.ignored
  }

  #stopCounting(connection: ModelConnection): void {
    if (!connection.counts || connection.server.watches === 0 || !this.connections.includes(connection)) return
    connection.counts = false
    this.#released(true)
  }

  #close(connection: ModelConnection, closed: readonly ModelRequest[]): void {
    connection.requests = connection.requests.filter((request) => !closed.includes(request))
    const counted = closed.filter(({ silent }) => !silent)
    const active = counted.some(({ ignored }) => !ignored)
    if (active) this.#openings.delete(connection)
    if (connection.server.watches > 0 && counted.length > 0) this.#released(active)
    // If Node did not show the next request before, it does so now. Until now, the connection had one request in
    // progress.
    for (const request of connection.requests.slice(0, 1)) request.seen = true
  }

  /** Handles the end of an activity or ignored request. After the last activity, the deadline is a patience away. */
  #released(active: boolean): Renewal | undefined {
    if (!active) this.clock.onQuiet()
    else if (this.#activeOnServers > 0) this.#finishedWhileBusy = true
    else {
      this.#finishedWhileBusy = false
      return this.clock.renew()
    }
    return undefined
  }

  /** Takes back an activity. The old deadline stands if no other activity has ended meanwhile (decision 2). */
  #cancelled(connection: ModelConnection): void {
    if (connection.server.watches === 0 || this.#activeOnServers > 0) return
    if (this.#finishedWhileBusy) this.#released(true)
    else this.clock.onQuiet()
  }

  /** Takes back the renewal by the opening of a session that carries only ignored streams. */
  #revokeOpening(connection: ModelConnection): void {
    const opening = this.#openings.get(connection)
    this.#openings.delete(connection)
    if (opening !== undefined) this.clock.revoke(opening)
  }

  #closeIfEmpty(server: ModelServer): void {
    if (server.state !== 'closing' || server.connections.length > 0) return
    server.state = 'closed'
    if (server.watches === 0) return
    if (this.servers.every(({ watches, state, givenUp }) => watches === 0 || state === 'closed' || givenUp))
      this.clock.end()
  }
}
