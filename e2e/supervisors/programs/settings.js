import { appendFileSync } from 'node:fs'

/**
 * The settings that the generated `server.js` of a run passes to its program.
 *
 * @typedef {object} Settings
 * @property {number} patience milliseconds
 * @property {number} [keepAliveTimeout] milliseconds, of `http.js`
 * @property {string} [log] the file for messages of start and end; standard output by default
 */

/** Logs the start and the end of the process. */
export function tell(/** @type {Settings} */ { log }) {
  const say = (/** @type {string} */ line) => appendFileSync(log ?? process.stdout.fd, `${line}\n`)
  say(`started ${process.pid}`)
  process.on('exit', (code) => say(`exited ${code}`))
}

/** Returns the response to a request: its path, the start time of the process, and the process id. */
export function answerTo(/** @type {string | undefined} */ path) {
  return `${path} ${performance.timeOrigin} ${process.pid}\n`
}
