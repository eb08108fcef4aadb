import type { Subject } from '../subjects/subjects.ts'
import { Subprocess } from './subprocess.ts'

/** The messages to a server process. */
export type ServerCommand = 'weigh' | 'count' | 'stop'

/** The answer of a server process. */
export type ServerReport = Partial<Readonly<Figures>>

interface Figures {
  port: number
  /** Bytes. */
  heap: number
  rss: number
  /** The number of requests in progress. */
  held: number
  /** Milliseconds from the decision until the server was closed, or `Infinity` if it did not close. */
  duration: number
  /** The longest turn of the event loop during the close, in milliseconds. */
  stall: number
}

/** A server in its own process. */
export class ServerProcess extends Subprocess<ServerCommand, ServerReport> {
  constructor(subject: Subject) {
    super('server.js', [subject.name], ['--expose-gc'])
  }

  /** Resolves once the server listens. */
  async port(): Promise<number> {
    return (await this.nextMessage()).port ?? 0
  }
}
