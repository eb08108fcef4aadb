import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import process from 'node:process'
import { createInterface } from 'node:readline'

/** The longest time (ms) for any step of a program. */
const LIMIT = 60_000

/** A program in its own process, with its output. Killed when it is disposed of. */
export class Program {
  /** @type {Promise<{ code: number | null, signal: string | null }>} */
  ended
  said = ''
  /** The lines that it printed as JSON. @type {Record<string, unknown>[]} */
  events = []
  #child
  #waiters = new Set()

  constructor(/** @type {string} */ cwd, /** @type {string[]} */ args, /** @type {NodeJS.ProcessEnv} */ env) {
    const { NODE_OPTIONS: _, CI: __, ...own } = process.env
    this.#child = spawn(process.execPath, args, { cwd, env: { ...own, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
    this.#child.stderr.setEncoding('utf8').on('data', (text) => (this.said += text))
    createInterface(this.#child.stdout).on('line', (line) => {
      this.said += `${line}\n`
      if (!/^\{.*"event":/.test(line)) return
      this.events.push(JSON.parse(line))
      for (const look of this.#waiters) look()
    })
    this.ended = once(this.#child, 'close').then(([code, signal]) => ({ code, signal }))
  }

  /** Resolves at the end of the program. Rejects if it does not end in time. */
  end() {
    return this.#inTime(this.ended, 'it did not end')
  }

  /** Resolves once the program has printed this many events of this name. */
  async event(/** @type {string} */ name, count = 1) {
    const seen = new Promise((resolve) => {
      const look = () => {
        const found = this.events.filter(({ event }) => event === name)
        if (found.length < count) return
        this.#waiters.delete(look)
        resolve(found[count - 1])
      }
      this.#waiters.add(look)
      look()
    })
    const gone = this.ended.then(({ code, signal }) => Promise.reject(new Error(`it ended with ${code ?? signal}`)))
    await this.#inTime(Promise.race([seen, gone]), `no event ${name}`)
  }

  /** Resolves when the port accepts connections. Polls, since an unmodified program does not report it. */
  async listens(/** @type {number} */ port) {
    const begin = performance.now()
    while (!(await accepts(port))) {
      const ended = await Promise.race([this.ended, new Promise((resolve) => setTimeout(resolve, 30))])
      if (ended !== undefined) throw new Error(`it ended with ${ended.code ?? ended.signal} before it listened`)
      if (performance.now() - begin > LIMIT) throw new Error(`it did not listen within ${LIMIT} ms`)
    }
  }

  kill(/** @type {NodeJS.Signals} */ signal) {
    if (this.#child.exitCode === null) this.#child.kill(signal)
  }

  /** @template T */
  async #inTime(/** @type {Promise<T>} */ promise, /** @type {string} */ what) {
    /** @type {NodeJS.Timeout | undefined} */
    let timer
    const late = new Promise((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`${what} within ${LIMIT} ms`)), LIMIT)
    })
    try {
      return /** @type {T} */ (await Promise.race([promise, late]))
    } finally {
      clearTimeout(timer)
    }
  }
}

/** @returns {Promise<boolean>} */
function accepts(/** @type {number} */ port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}
