import type { Row } from '../measure/row.ts'
import { type Budget, budgets } from './budgets.ts'
import { origins, type Report } from './report.ts'
import { markdown, shown, tableOf } from './table.ts'

/** The section of the page about one benchmark. */
export interface Chapter {
  readonly name: string
  readonly title: string
  readonly text: string
  /** The metric of the chart. */
  readonly metric: string
}

export const chapters: readonly Chapter[] = [
  {
    name: 'tracker',
    title: 'A request, a connection, a call',
    text: "Nanoseconds that each adds to bare Node if nothing else happens. There are no bytes and no parser, only the events that a server's listeners receive, in Node's order. The peers are used as their READMEs say. `http-terminator` and `server-destroy` count no requests. Each figure is from processes of its own, after all of their code is compiled. 'One listener, no counting' is the cost of a listener of 'request' and of one of 'close' that do nothing.",
    metric: 'ns',
  },
  {
    name: 'overhead',
    title: 'A real server',
    text: "Microseconds of CPU of the serving process for a request over loopback, on eight connections. The clients run in another process. With a framework, the adapter is measured. 'One listener, no counting' and 'a middleware or hook that is empty' show the cost of doing nothing. A figure far below zero does not mean a gain: servers that run side by side differ by more than their windows do. Bare Node includes the two messages that Node makes for its channels, some 30 ns, and core's check of requests to unwatched servers. The subscribers of the channels must stay the same while variants take turns.",
    metric: 'µs',
  },
  {
    name: 'memory',
    title: 'An idle connection',
    text: 'The memory of a keep-alive connection that has had a request and waits for the next. It is measured after a garbage collection, in a process for each measurement.',
    metric: 'bytes of heap, added',
  },
  {
    name: 'drain',
    title: 'Closing',
    text: 'The time from the decision until the server is closed, in a process for each measurement. Requests in progress are answered just after the decision. The benchmark waits for at most five seconds: 5,000 ms means that the server did not close. `server-destroy` cuts requests in progress.',
    metric: 'ms until closed',
  },
  {
    name: 'start',
    title: 'Starting',
    text: 'Milliseconds that an import adds to the time from the start of a process until everything is imported. A server that is started on demand pays this at every wake-up.',
    metric: 'ms',
  },
  {
    name: 'scale',
    title: 'Many connections, many servers',
    text: 'Nanoseconds over bare Node with as many connections and servers, while one request is always in progress. Requests arrive on up to a hundred connections in turn. The cost must not grow with the number of open connections or watched servers, and does not: see the rows with one busy server. If many servers receive requests in turn, the processor has to load the record of each from memory again. Bare Node includes the messages that Node makes for its channels.',
    metric: 'ns for a request',
  },
  {
    name: 'size',
    title: 'Size',
    text: 'Bytes after bundling by rolldown, minified, and gzipped at level 9. They include `@lukeed/ms`, which is in dist. A test lets the size only become smaller.',
    metric: 'bytes, minified and gzipped',
  },
]

/** Returns docs/performance.md, made from the results of the benchmarks. */
export function pageOf(reports: ReadonlyMap<string, Report>): string {
  return `${[
    '<!-- Made by `npx -y pnpm@12 bench`, or from its last results by `bench:page`. Do not edit: the texts are in bench/src/report. -->',
    '# Performance',
    'The cost of a watched server, beside bare Node and beside packages that close servers. `npx -y pnpm@12 bench` makes this whole page again, and `bench:tracker` and so on make one part of it. `bench --long` takes the time that small differences need.',
    "Figures are medians with their standard errors. Variants take turns within one process, in short windows and random order, so that disturbances of the machine affect all of them. Since 2026-11-28, the benchmarks of small differences wait for a processor at full speed, but not forever ([decision 31](../decisions/0031-windows-at-full-speed.md)). CPU time is compared, not throughput. 'Bare Node again (A/A)' is bare Node compared with itself in the same way: a figure that does not exceed it means nothing. There is no earlier release of this package yet to compare with.",
    'On a machine of this kind, the Go original (idletracker.go with Go 1.19) takes 147 ns for the active and idle of the only connection. While others are active, it takes 62 to 100 ns.',
    '## Budgets',
    budgetTable(reports),
    ...budgets
      .filter((budget) => missed(budget, reports).length > 0)
      .map(({ promise, explanation }) => `**Missed: ${promise}.** ${explanation}`),
    ...chapters.flatMap((chapter) => chapterOf(chapter, reports.get(chapter.name))),
  ].join('\n\n')}\n`
}

function chapterOf({ name, title, text }: Chapter, report: Report | undefined): string[] {
  if (report === undefined) return []
  return [
    `## ${title}`,
    `${text} \`npx -y pnpm@12 bench:${name}\``,
    `![${title}, as bars](charts/${name}.svg)`,
    markdown(tableOf(report)),
    `${origins(report.runs)}. [All figures](../bench/results/${name}.json).`,
  ]
}

/** Returns a table with one case for each budget: the nearest to its limit, or the furthest over it. */
function budgetTable(reports: ReadonlyMap<string, Report>): string {
  const lines = budgets.map((budget) => {
    const cases = casesOf(budget, reports)
    const [worst] = cases.toSorted((one, other) => overBy(other) - overBy(one))
    if (worst === undefined) return [budget.promise, 'not measured', '', '']
    const failed = missed(budget, reports).length
    const verdict = failed === 0 ? 'reached' : `missed${cases.length > 1 ? ` in ${failed} of ${cases.length}` : ''}`
    return [
      budget.promise,
      verdict,
      `${shown(worst.row)} (${worst.where})`,
      shown({ ...worst.row, value: worst.limit, error: 0 }),
    ]
  })
  return markdown([['budget', '', 'the worst figure', 'its limit'], ...lines])
}

type Case = ReturnType<Budget['cases']>[number]

function casesOf(budget: Budget, reports: ReadonlyMap<string, Report>): Case[] {
  const report = reports.get(budget.benchmark)
  return report === undefined ? [] : budget.cases(report)
}

function missed(budget: Budget, reports: ReadonlyMap<string, Report>): Case[] {
  return casesOf(budget, reports).filter((each) => overBy(each) > 0)
}

/** Returns the excess as a fraction of the limit, so that cases can be compared. */
function overBy({ row, limit }: { row: Row; limit: number }): number {
  return (row.value - limit) / Math.max(Math.abs(limit), 1e-9)
}
