import { Figures, quantile } from './figures.ts'

const HEADS = ['sent', 'answered', 'lost', 'starts', 'connections', 'asleep p50', 'p99', 'awake p50', 'p99']
const NAME = 38

/** Prints a line for each scenario when it has passed, and the sums of each group of scenarios at the end. */
export class FiguresTable {
  readonly #sums = new Map<string, Figures>()

  /** Prints the figures of a scenario. Its group is the part of its name before the colon. */
  print(name: string, figures: Figures): void {
    if (this.#sums.size === 0) console.log(head())
    console.log(row(name, figures))
    const [group = name] = name.split(':')
    const sum = this.#sums.get(group) ?? new Figures()
    sum.add(figures)
    this.#sums.set(group, sum)
  }

  printSums(): void {
    if (this.#sums.size > 0) console.log('in all')
    for (const [group, sum] of this.#sums) console.log(row(group, sum))
  }
}

/** Returns the headings of the columns of {@link row}. */
function head(): string {
  return `${''.padEnd(NAME)}${HEADS.map((title) => title.padStart(width(title))).join('')}`
}

/** Returns the figures of one run as a line. */
function row(name: string, figures: Figures): string {
  const { sent, answered, lost, starts, connections, asleep, awake } = figures
  const cells = [
    ...[sent, answered, lost, starts].map(whole),
    connections === undefined ? '–' : whole(connections),
    ...[asleep, awake].flatMap((values) => [milliseconds(quantile(values, 0.5)), milliseconds(quantile(values, 0.99))]),
  ]
  return `${name.padEnd(NAME)}${cells.map((cell, index) => cell.padStart(width(HEADS[index] ?? ''))).join('')}`
}

function width(title: string): number {
  return Math.max(10, title.length + 2)
}

function whole(value: number): string {
  return value.toLocaleString('en')
}

function milliseconds(value: number | undefined): string {
  return value === undefined ? '–' : `${value < 10 ? value.toFixed(1) : whole(Math.round(value))} ms`
}
