/** What one request asks of a server, and what its answer must be. */
export interface Errand {
  readonly id: number
  /** How many bytes the answer is filled up with. */
  readonly size: number
  /** How long (ms) the answer is waited for. */
  readonly delay: number
  /** How long (ms) the server's event loop is blocked before it answers. */
  readonly spin: number
}

const PATH = /^\/(\d+)\?size=(\d+)&delay=(\d+)&spin=(\d+)$/

export function pathOf({ id, size, delay, spin }: Errand): string {
  return `/${id}?size=${size}&delay=${delay}&spin=${spin}`
}

/** The errand of a path, or nothing where it is none: a malformed request that happens to be valid HTTP. */
export function errandOf(path: string | undefined): Errand | undefined {
  const match = PATH.exec(path ?? '')
  if (match === null) return undefined
  const [id = 0, size = 0, delay = 0, spin = 0] = match.slice(1).map(Number)
  return { id, size, delay, spin }
}

/** The body of the answer to an errand whose request had a body of `received` bytes. */
export function answerTo({ id, size }: Errand, received: number): string {
  return `answer to ${id}, which had ${received} bytes\n${'x'.repeat(size)}`
}
