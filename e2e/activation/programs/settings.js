import { appendFileSync } from 'node:fs'

/**
 * What the generated `server.js` of a run gives to its program.
 *
 * @typedef {object} Settings
 * @property {number} patience milliseconds
 * @property {number} [keepAliveTimeout] milliseconds, of `http.js`
 * @property {string} [log] where it tells of its start and its end; standard output by default
 */

/** Tells of the start, and of the end. */
export function tell(/** @type {Settings} */ { log }) {
  const say = (/** @type {string} */ line) => appendFileSync(log ?? process.stdout.fd, `${line}\n`)
  say(`started ${process.pid}`)
  process.on('exit', (code) => say(`exited ${code}`))
}

/** What a request is answered with: what it asked for, and which process it was, by the moment of its start. */
export function answerTo(/** @type {string | undefined} */ path) {
  return `${path} ${performance.timeOrigin} ${process.pid}\n`
}
