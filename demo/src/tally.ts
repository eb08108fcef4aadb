/** The outcomes of the requests to one server, as its clients saw them. */
export class Tally {
  sent = 0
  answered = 0
  /** The number of requests that were health checks, which do not count as activity. */
  healthChecks = 0
  /** The requests without a response, and the reasons. */
  readonly losses: string[] = []
  /** The time of the response to the last request that counts as activity (`performance.now()`). */
  lastActivity: number | undefined

  /** The number of requests without a response. */
  get lost(): number {
    return this.losses.length
  }

  /** Records a response. */
  answer(): void {
    this.answered++
  }

  /** Records a request without a response. */
  lose(what: string, error: unknown): void {
    this.losses.push(`${what}: ${error instanceof Error ? error.message || error.name : error}`)
  }
}
