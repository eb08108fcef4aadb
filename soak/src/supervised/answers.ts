/** One response of a server. */
export interface Answer {
  readonly status: number
  /** The response has `Connection: close`: it is the last one on its connection. */
  readonly last: boolean
  readonly body: string
}

/** Splits the data of a connection into responses. Each must have a Content-Length. */
export class Answers {
  #rest = ''

  /** Returns the responses that are complete with this text. */
  read(text: string): Answer[] {
    this.#rest += text
    const answers: Answer[] = []
    for (let answer = this.#next(); answer !== undefined; answer = this.#next()) answers.push(answer)
    return answers
  }

  /** The bytes that do not form a complete response yet. */
  get rest(): string {
    return this.#rest
  }

  #next(): Answer | undefined {
    const end = this.#rest.indexOf('\r\n\r\n')
    if (end < 0) return undefined
    const head = this.#rest.slice(0, end)
    const begin = end + 4
    const length = Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0)
    if (this.#rest.length < begin + length) return undefined
    const body = this.#rest.slice(begin, begin + length)
    this.#rest = this.#rest.slice(begin + length)
    return {
      status: Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1]),
      last: /^connection: close/im.test(head),
      body,
    }
  }
}
