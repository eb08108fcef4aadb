/** Returns a duration to read along: `2.1 s`. */
export function seconds(ms: number): string {
  return `${(Math.max(0, ms) / 1000).toFixed(1)} s`
}

/** Returns a duration to compare: `3,004 ms`. */
export function milliseconds(ms: number): string {
  return `${whole(ms)} ms`
}

/** Returns a number without decimals: `12,345`. */
export function whole(number: number): string {
  return Math.round(number).toLocaleString('en')
}

/** Returns a number with its noun: `1 request`, `2 requests`. */
export function count(number: number, noun: string): string {
  return `${whole(number)} ${noun}${number === 1 ? '' : 's'}`
}
