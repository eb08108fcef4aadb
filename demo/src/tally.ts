/** What became of the requests to one server, as its clients saw it. */
export class Tally {
  sent = 0
  answered = 0
  /** How many of those sent were health checks, which are no activity. */
  healthChecks = 0
  /** What was not answered, and why. */
  readonly losses: string[] = []
  /** When the last request that counts as activity had been answered (`performance.now()`). */
  lastActivity: number | undefined

  /** How many were not answered. */
  get lost(): number {
    return this.losses.length
  }

  /** One was answered. */
  answer(): void {
    this.answered++
  }

  /** One was not answered. */
  lose(what: string, error: unknown): void {
    this.losses.push(`${what}: ${error instanceof Error ? error.message || error.name : error}`)
  }
}
