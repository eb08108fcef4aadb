import type { WriteStream } from 'node:tty'
import { frame } from './frame.ts'
import { fit, type Line, render, widthOf } from './line.ts'
import type { Scene } from './scene.ts'

/** The interval (ms) between two drawings. */
const INTERVAL = 100

const HIDE_CURSOR = '\x1b[?25l'
const SHOW_CURSOR = '\x1b[?25h'
const CLEAR_BELOW = '\x1b[J'
const CLEAR_TO_THE_RIGHT = '\x1b[K'

/**
 * A scene in a terminal, drawn repeatedly in the same place until it is released. Hides the cursor during that time.
 */
export class Screen {
  readonly #terminal: WriteStream
  readonly #colours: boolean
  readonly #look: () => Scene
  readonly #timer: NodeJS.Timeout
  #drawn: readonly Line[] = []
  #released = false

  constructor(terminal: WriteStream, colours: boolean, look: () => Scene) {
    this.#terminal = terminal
    this.#colours = colours
    this.#look = look
    terminal.write(HIDE_CURSOR)
    this.#draw()
    this.#timer = setInterval(() => this.#draw(), INTERVAL).unref()
  }

  /** Draws the last time, and shows the cursor again. */
  finish(): void {
    this.#draw()
    this.release()
  }

  /** Stops drawing, and shows the cursor again. Safe to call twice, and after the end. */
  release(): void {
    if (this.#released) return
    this.#released = true
    clearInterval(this.#timer)
    this.#terminal.write(SHOW_CURSOR)
  }

  #draw(): void {
    const columns = this.#terminal.columns || 80
    const rows = this.#terminal.rows || 24
    // If the terminal has become narrower, it has wrapped the existing lines.
    const height = this.#drawn.reduce((sum, line) => sum + Math.max(1, Math.ceil(widthOf(line) / columns)), 0)
    const back = height === 0 ? '' : `\x1b[${Math.min(height, rows - 1)}A`
    // Keeps the last column free: clearing the rest of a full line would erase its last character.
    this.#drawn = frame(this.#look(), { columns, rows }).map((line) => fit(line, columns - 1))
    const text = this.#drawn.map((line) => `${render(line, this.#colours)}${CLEAR_TO_THE_RIGHT}\n`).join('')
    this.#terminal.write(`${back}\r${text}${CLEAR_BELOW}`)
  }
}
