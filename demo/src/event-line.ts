/** An event as a plain line: the seconds since the start (given in milliseconds), which server, and what. */
export function eventLine(elapsed: number, name: string, text: string): string {
  return `${(elapsed / 1000).toFixed(2).padStart(6)} s  ${name.padEnd(8)} ${text}`
}
