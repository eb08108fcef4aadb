/** The instructions of one request to its server, which also determine the response. */
export interface Errand {
  readonly id: number
  /** The number of filler bytes in the response. */
  readonly size: number
  /** The time (ms) before the server responds. */
  readonly delay: number
  /** The time (ms) for which the server blocks its event loop before it responds. */
  readonly spin: number
}

const PATH = /^\/(\d+)\?size=(\d+)&delay=(\d+)&spin=(\d+)$/

export function pathOf({ id, size, delay, spin }: Errand): string {
  return `/${id}?size=${size}&delay=${delay}&spin=${spin}`
}

/**
 * Returns the errand of a path. Returns undefined for other paths, which a malformed request in valid HTTP may have.
 */
export function errandOf(path: string | undefined): Errand | undefined {
  const match = PATH.exec(path ?? '')
  if (match === null) return undefined
  const [id = 0, size = 0, delay = 0, spin = 0] = match.slice(1).map(Number)
  return { id, size, delay, spin }
}

/** Returns the body of the response to an errand whose request had a body of `received` bytes. */
export function answerTo({ id, size }: Errand, received: number): string {
  return `answer to ${id}, which had ${received} bytes\n${'x'.repeat(size)}`
}
