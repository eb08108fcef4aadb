/**
 * Returns an event as a plain line: the seconds since the start, the server and the event. `elapsed` is in
 * milliseconds.
 */
export function eventLine(elapsed: number, name: string, text: string): string {
  return `${(elapsed / 1000).toFixed(2).padStart(6)} s  ${name.padEnd(8)} ${text}`
}
