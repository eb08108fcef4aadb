import type { Answer } from './ask.ts'

/** The requests to one supervisor and their outcomes. */
export class Figures {
  sent = 0
  answered = 0
  /** The number of times the server was started. */
  starts = 0
  /** The reasons why requests were lost. */
  readonly losses: string[] = []
  /** Milliseconds until the first byte. */
  readonly asleep: number[] = []
  readonly awake: number[] = []
  /** The number of connections, for a client that keeps them. */
  connections: number | undefined
  /** The processes that responded. */
  readonly servers: Set<string> = new Set()

  get lost(): number {
    return this.sent - this.answered
  }

  /** Counts a request and its outcome. Never rejects. */
  async count(asking: Promise<Answer>): Promise<void> {
    this.sent++
    try {
      const { server, asleep, firstByte } = await asking
      this.answered++
      this.servers.add(server)
      if (asleep) this.asleep.push(firstByte)
      else this.awake.push(firstByte)
    } catch (error) {
      this.losses.push(
        error instanceof Error ? `${'code' in error ? error.code : error.name}: ${error.message}` : `${error}`,
      )
    }
  }

  /** Adds the figures of another run. */
  add(other: Figures): void {
    this.sent += other.sent
    this.answered += other.answered
    this.starts += other.starts
    this.losses.push(...other.losses)
    this.asleep.push(...other.asleep)
    this.awake.push(...other.awake)
    if (other.connections !== undefined) this.connections = (this.connections ?? 0) + other.connections
    for (const server of other.servers) this.servers.add(server)
  }
}

/** Returns the value below which that share of the values lies, or `undefined` if there are none. */
export function quantile(values: readonly number[], share: number): number | undefined {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]
}
