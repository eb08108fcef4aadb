/** The instructions of one request to its server, which also determine the response. */
export interface RequestSpec {
  readonly id: number
  /** The number of filler bytes in the response. */
  readonly size: number
  /** The time (ms) before the server responds. */
  readonly delay: number
  /** The time (ms) for which the server blocks its event loop before it responds. */
  readonly spin: number
}

const PATH = /^\/(\d+)\?size=(\d+)&delay=(\d+)&spin=(\d+)$/

export function pathOf({ id, size, delay, spin }: RequestSpec): string {
  return `/${id}?size=${size}&delay=${delay}&spin=${spin}`
}

/**
 * Returns the spec of a path. Returns undefined for other paths, which a malformed request in valid HTTP may have.
 */
export function specOf(path: string | undefined): RequestSpec | undefined {
  const match = PATH.exec(path ?? '')
  if (match === null) return undefined
  const [id = 0, size = 0, delay = 0, spin = 0] = match.slice(1).map(Number)
  return { id, size, delay, spin }
}

/** Returns the body of the response to a spec whose request had a body of `received` bytes. */
export function answerTo({ id, size }: RequestSpec, received: number): string {
  return `answer to ${id}, which had ${received} bytes\n${'x'.repeat(size)}`
}
