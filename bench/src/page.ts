import { type Budget, budgets } from './budgets.ts'
import { origins, type Report } from './report.ts'
import type { Row } from './row.ts'
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
    text: "Nanoseconds that each adds to bare Node where nothing else happens: no bytes, no parser, only what Node tells a server's listeners, in its order. The peers are wired as their READMEs say. `http-terminator` and `server-destroy` count no requests. Each figure is from processes of its own, when all of its code is compiled. 'One listener, no counting' is what a listener of 'request' and one of 'close' cost that do nothing.",
    metric: 'ns',
  },
  {
    name: 'overhead',
    title: 'A real server',
    text: "Microseconds of CPU of the serving process for a request over loopback, on eight connections, whose clients live in another process. With a framework, what is measured is its adapter. 'One listener, no counting' and 'a middleware or hook that is empty' do nothing, and show what that costs. A figure far below zero is no gain: servers that live side by side differ by more than their windows do. The two messages that Node makes for its channels, some 30 ns, are in bare Node, too, and core's look at requests of servers that are not watched: while variants take turns, the channels must not.",
    metric: 'µs',
  },
  {
    name: 'memory',
    title: 'An idle connection',
    text: 'What a keep-alive connection holds that has had a request and waits for the next, after garbage was collected, in a process for each measurement.',
    metric: 'bytes of heap, added',
  },
  {
    name: 'drain',
    title: 'Closing',
    text: 'From the decision until the server is closed, in a process for each measurement. Where requests are in progress, they are answered just after the decision. What does not close within five seconds is waited for no longer: 5,000 ms means that it never did. `server-destroy` cuts what is in progress.',
    metric: 'ms until closed',
  },
  {
    name: 'start',
    title: 'Starting',
    text: 'Milliseconds that an import adds to the life of a process, from its start until everything is imported: a server that is started on demand pays this at every wake-up.',
    metric: 'ms',
  },
  {
    name: 'scale',
    title: 'Many connections, many servers',
    text: 'Nanoseconds over bare Node with as many connections and servers, one request being in progress all the time. Requests come on up to a hundred connections in turn. It must not grow with what is open or watched, and does not: see the rows in which one server is busy. Where requests come to many servers in turn, each has its record in memory that the processor must bring near again. The messages that Node makes for its channels are in bare Node, too.',
    metric: 'ns for a request',
  },
  {
    name: 'size',
    title: 'Size',
    text: 'Bundled by rolldown, minified, gzipped at level 9, in bytes. `@lukeed/ms`, which dist holds, is in it. A test lets it only become less.',
    metric: 'bytes, minified and gzipped',
  },
]

/** Returns docs/performance.md, made from the results of the benchmarks. */
export function pageOf(reports: ReadonlyMap<string, Report>): string {
  return `${[
    '<!-- Made by `npx -y pnpm@12 bench`, or of its last results by `bench:page`. Do not edit: the texts are in bench/src. -->',
    '# Performance',
    'What it costs to be watched, measured against bare Node and against the packages that close servers, too. `npx -y pnpm@12 bench` makes all of this page anew, `bench:tracker` and so on one part of it, and `bench --long` takes the time that small differences need.',
    "Figures are medians with their standard errors. Variants take turns within one process, in short windows and random order, so that what the machine does meanwhile hits all of them. Since 2026-11-28, the benchmarks of small differences wait for a processor that is at full speed, though not for ever ([decision 31](../decisions/0031-windows-at-full-speed.md)). What is compared is CPU time, not throughput. 'Bare Node again (A/A)' is bare Node compared with itself in the same way: a figure that is no larger means nothing. There is no earlier release of this package yet to compare with.",
    'On a machine of this kind the Go original, idletracker.go with Go 1.19, takes 147 ns for the active and idle of a connection that is the only one, and 62 to 100 ns while others are active.',
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
