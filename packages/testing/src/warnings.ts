/**
 * The process warnings that are emitted until this is disposed. They are not printed.
 *
 * A warning arrives a tick after its cause, so let the event loop turn before you dispose this.
 */
export class Warnings implements Disposable {
  readonly list: Warning[] = []
  /** Node's own listener, which prints. */
  readonly #others = process.listeners('warning')

  constructor() {
    for (const other of this.#others) process.off('warning', other)
    process.on('warning', this.#collect)
  }

  get codes(): unknown[] {
    return this.list.map(({ code }) => code)
  }

  [Symbol.dispose](): void {
    process.off('warning', this.#collect)
    for (const other of this.#others) process.on('warning', other)
  }

  readonly #collect = (warning: Error): void => {
    const { name, message } = warning
    this.list.push({ name, message, code: Reflect.get(warning, 'code'), detail: Reflect.get(warning, 'detail') })
  }
}

interface Warning {
  readonly name: string
  readonly message: string
  readonly code: unknown
  readonly detail: unknown
}

/** Waits for the next process warning with this code. */
export function processWarning(code: string): Promise<Error> {
  return new Promise((resolve) => {
    const listener = (warning: Error & { code?: string }): void => {
      if (warning.code !== code) return
      process.off('warning', listener)
      resolve(warning)
    }
    process.on('warning', listener)
  })
}
