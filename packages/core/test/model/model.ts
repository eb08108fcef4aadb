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
  #endedAmongOthers = false
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
    return this.#firm + this.holds.length
  }

  /** The number of requests that only suspend the end. */
  get soft(): number {
    return this.#watched.reduce((sum, { soft }) => sum + soft, 0)
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
      this.#lookIn(server)
      connection.bare = server.kind === 'net'
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
    server.forgetLook?.()
    server.forgetLook = undefined
    const counted = server.connections.filter(({ firm, soft }) => firm + soft > 0)
    for (const connection of server.connections) this.#openings.delete(connection)
    if (counted.length > 0) this.#released(counted.some(({ firm }) => firm > 0))
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
    const bare = server.kind === 'net' || this.settings.activity === 'connections'
    const connection = new ModelConnection(++this.#numbers, server, bare)
    server.connections.push(connection)
    if (server.watches > 0) this.#lookIn(server)
    // A session that never sends its SETTINGS counts for two patiences.
    if (server.kind === 'http2') this.clock.after(2 * PATIENCE, () => this.#letGo(connection))
    return connection
  }

  /** Bytes arrive that are not a complete request, or belong to an upgraded socket. */
  bytes(connection: ModelConnection): void {
    connection.moves++
    connection.moved = true
  }

  request(connection: ModelConnection, ignored: boolean): ModelRequest {
    const request = new ModelRequest(++this.#numbers, connection, ignored)
    const { bare } = connection
    connection.moves++
    connection.requests.push(request)
    connection.bare = false
    connection.used = true
    connection.head = false
    // The bytes of an ignored request are not the beginning of a head.
    connection.moved = !ignored
    if (ignored) {
      if (bare) this.#retracted(connection)
      this.#retractOpening(connection)
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
    this.#retracted(connection)
    this.#retractOpening(connection)
  }

  upgrade(connection: ModelConnection, ignored: boolean): void {
    const { bare } = connection
    connection.moves++
    connection.bare = false
    connection.head = false
    connection.upgraded = ignored ? 'ignore' : this.settings.upgrades
    // The 101 is the first traffic.
    connection.moved = true
    if (connection.server.watches === 0) return
    if (connection.upgraded === 'ignore' && bare) this.#retracted(connection)
    if (connection.upgraded !== 'traffic') return
    if (bare) this.#released(true)
    else this.touch()
  }

  /** The client's SETTINGS arrive (HTTP/2). */
  greet(connection: ModelConnection): void {
    connection.settled = true
    if (!connection.bare) return
    connection.bare = false
    if (connection.server.watches === 0) return
    const opening = this.#released(true)
    if (opening !== undefined) this.#openings.set(connection, opening)
  }

  /** The socket closes. */
  close(connection: ModelConnection): void {
    const { server, firm, soft } = connection
    server.connections = server.connections.filter((each) => each !== connection)
    if (server.watches > 0 && firm + soft > 0) this.#released(firm > 0)
    this.#closeIfEmpty(server)
  }

  // Holds

  hold(work: boolean): ModelHold {
    const hold = new ModelHold(++this.#numbers, work)
    if (!this.ended) this.holds.push(hold)
    return hold
  }

  release(hold: ModelHold): void {
    this.holds = this.holds.filter((each) => each !== hold)
    this.touch()
  }

  cancel(hold: ModelHold): void {
    this.holds = this.holds.filter((each) => each !== hold)
    this.clock.rest()
  }

  touch(): void {
    this.#endedAmongOthers = false
    this.clock.renew()
  }

  // The questions of the clock

  get quiet(): boolean {
    return this.active + this.soft === 0
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

  get #firm(): number {
    return this.#watched.reduce((sum, { firm }) => sum + firm, 0)
  }

  /** Checks the connections of a server every patience, for as long as it has any. */
  #lookIn(server: ModelServer): void {
    if (server.kind === 'net' || server.forgetLook !== undefined) return
    server.forgetLook = this.clock.after(PATIENCE, () => {
      server.forgetLook = undefined
      for (const connection of server.connections) {
        this.#countAgain(connection)
        this.#lookAt(connection)
      }
      if (server.connections.length > 0) this.#lookIn(server)
    })
  }

  /** Stops waiting for a client that has been silent for two patiences. */
  #lookAt(connection: ModelConnection): void {
    const { moves, waiting, silence, requests } = connection
    const { now } = this.clock
    if (!waiting) connection.silence = undefined
    else if (silence === undefined || silence.moves !== moves) connection.silence = { moves, since: now }
    else if (now - silence.since >= MOST_SILENCE * PATIENCE) {
      this.#letGo(connection)
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

  #letGo(connection: ModelConnection): void {
    if (!connection.bare || connection.server.watches === 0 || !this.connections.includes(connection)) return
    connection.bare = false
    this.#released(true)
  }

  #close(connection: ModelConnection, closed: readonly ModelRequest[]): void {
    connection.requests = connection.requests.filter((request) => !closed.includes(request))
    const counted = closed.filter(({ silent }) => !silent)
    const firm = counted.some(({ ignored }) => !ignored)
    if (firm) this.#openings.delete(connection)
    if (connection.server.watches > 0 && counted.length > 0) this.#released(firm)
    // If Node did not show the next request before, it does so now. Until now, the connection had one request in
    // progress.
    for (const request of connection.requests.slice(0, 1)) request.seen = true
  }

  /** Handles the end of an activity or ignored request. After the last activity, the deadline is a patience away. */
  #released(firm: boolean): Renewal | undefined {
    if (!firm) this.clock.rest()
    else if (this.#firm > 0) this.#endedAmongOthers = true
    else {
      this.#endedAmongOthers = false
      return this.clock.renew()
    }
    return undefined
  }

  /** Takes back an activity. The old deadline stands if no other activity has ended meanwhile (decision 2). */
  #retracted(connection: ModelConnection): void {
    if (connection.server.watches === 0 || this.#firm > 0) return
    if (this.#endedAmongOthers) this.#released(true)
    else this.clock.rest()
  }

  /** Takes back the renewal by the opening of a session that carries only ignored streams. */
  #retractOpening(connection: ModelConnection): void {
    const opening = this.#openings.get(connection)
    this.#openings.delete(connection)
    if (opening !== undefined) this.clock.takeBack(opening)
  }

  #closeIfEmpty(server: ModelServer): void {
    if (server.state !== 'closing' || server.connections.length > 0) return
    server.state = 'closed'
    if (server.watches === 0) return
    if (this.servers.every(({ watches, state, givenUp }) => watches === 0 || state === 'closed' || givenUp))
      this.clock.end()
  }
}
