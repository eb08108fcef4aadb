import { NEVER } from '../benchmarks/drain.ts'
import type { Row } from '../measure/row.ts'
import { COUNT_REQUESTS } from '../subjects/subjects.ts'
import { majorOf, type Report } from './report.ts'

/** One figure under a budget, and its limit. */
interface Case {
  readonly where: string
  readonly row: Row
  readonly limit: number
}

/** A promise that was made before its figure was measured. */
export interface Budget {
  readonly promise: string
  /** The benchmark that measures the figure. */
  readonly benchmark: string
  /** The reason for a possible miss, and the figures that show the reason. Printed only if the budget is missed. */
  readonly explanation: string
  cases(report: Report): Case[]
}

/** The promises, which the page lists in this order. */
export const budgets: readonly Budget[] = [
  {
    promise: 'a request costs at most 60 ns while others are in progress (80 on Node 20)',
    benchmark: 'tracker',
    explanation:
      'Two messages that Node makes for its channels, the look-up from the socket, some comparisons, and the count. The peers begin with two listeners. The row of one listener, no counting, shows the cost of listeners that do nothing.',
    cases: (report) => ours(report, 'a request while others', (node) => (majorOf(node) < 22 ? 80 : 60)),
  },
  {
    promise: 'a request costs at most 110 ns when the count falls to zero (140 on Node 20), the clock read included',
    benchmark: 'tracker',
    explanation:
      "The clock is read once, by performance.now(), which fake timers may replace at any time. The rows of 'a call' show its cost on this machine. The rest is as above.",
    cases: (report) => ours(report, 'a request, and the count', (node) => (majorOf(node) < 22 ? 140 : 110)),
  },
  {
    promise: 'a request costs less than with every peer that counts requests',
    benchmark: 'tracker',
    explanation: 'A peer that only counts, and reads no clock, does less when the count falls to zero.',
    cases: (report) =>
      ours(report, 'a request', (_node, rows, { group }) =>
        Math.min(
          ...rows
            .filter((row) => COUNT_REQUESTS.includes(row.subject) && row.group === group)
            .map(({ value }) => value),
        ),
      ),
  },
  {
    promise: 'the CPU time of a request on a real server does not differ from the A/A control (two standard errors)',
    benchmark: 'overhead',
    explanation:
      'Many windows show even small differences: compare them with the CPU time of bare Node in all. On a plain server, core costs no more than a listener that does nothing. With a framework, a middleware or hook adds its own cost, even if it is empty. Over HTTP/2, each stream has a record and a listener of its own.',
    cases: (report) =>
      ours(report, '', (_node, rows, { group, error }) => {
        const control = rows.find((row) => row.kind === 'control' && row.group === group)
        return control === undefined ? 0 : Math.abs(control.value) + 2 * Math.hypot(error, control.error)
      }),
  },
  {
    promise: 'an idle connection holds at most 300 bytes of heap more',
    benchmark: 'memory',
    explanation:
      "A connection has a record, and an entry in the set of the server's connections. The socket has a property that leads to the record, and a listener of 'close'. For that listener, Node makes an array that grows by 17 places at a time. Any library that has to know when a connection closes pays for the listener: see the row of one listener of 'close'.",
    cases: (report) => ours(report, '', () => 300, 'bytes of heap, added'),
  },
  {
    promise: 'idle connections drain in no more time than with bare close(), plus 20 %',
    benchmark: 'drain',
    explanation:
      'Each connection is ended after two quiet turns, so that a request that was on its way is answered. Each turn ends some hundred connections, so that none of them stalls work in progress. Node destroys all of them in one turn. The row of 256 connections a turn shows the cost of slices without core.',
    cases: (report) =>
      ours(
        report,
        '',
        (_node, rows, { group, metric }) => {
          // Bare Node never closes if kept-alive requests are in progress.
          if (!group.endsWith('idle')) return Infinity
          const bare = rows.find((row) => row.kind === 'bare' && row.group === group && row.metric === metric)
          return 1.2 * Math.min(bare?.value ?? 0, NEVER)
        },
        'ms until closed',
      ),
  },
  {
    promise: 'no response is lost in a drain',
    benchmark: 'drain',
    explanation: 'This is a defect.',
    cases: (report) => ours(report, '', () => 0, 'responses lost'),
  },
  {
    promise: 'a drain stalls the event loop for at most 50 ms',
    benchmark: 'drain',
    explanation:
      'So many answers in one turn stall a server that is not closed, too, as its row shows. Each end is a system call, whose duration depends on the other load of the machine: compare with bare Node beside it.',
    cases: (report) => ours(report, '', () => 50, 'longest stall, ms'),
  },
  {
    promise: 'importing core takes at most 3 ms',
    benchmark: 'start',
    explanation:
      'Core is three modules, without a dependency (decision 27). A package that is empty shows the part that Node needs to find and link any package.',
    cases: (report) => ours(report, 'over a program that imports node:http', () => 3),
  },
  {
    promise: 'importing an adapter takes at most 1 ms more, without the framework',
    benchmark: 'start',
    explanation:
      'An adapter is one module, and core has already loaded its imports (decision 27). A package that is empty shows the part that Node needs to find and link any package.',
    cases: (report) => ours(report, 'over a program that imports @idle', () => 1),
  },
  {
    promise: 'core weighs at most 6 kB, minified and gzipped, with its dependency',
    benchmark: 'size',
    explanation:
      'A tracker alone keeps the budget. The rest is HTTP/1, HTTP/2 and plain connections, servers that are watched late, pipelines, ignored requests and upgrades, a drain that loses nothing, and error messages. All of these features were asked for, and each takes a few hundred bytes. Code is shared if possible, and code that hardly any process needs is loaded on demand (the last row of the table). A smaller core would have fewer features.',
    cases: (report) =>
      ours(report, 'core', (_node, _rows, { subject }) => (subject === 'everything' ? 6000 : Infinity)),
  },
]

/** Returns the rows of this library in groups that begin with `group`. */
function ours(
  { runs }: Report,
  group: string,
  limit: (node: string, rows: readonly Row[], row: Row) => number,
  metric?: string,
): Case[] {
  return runs.flatMap(({ node, rows }) =>
    rows
      .filter((row) => row.kind === 'ours' && row.group.startsWith(group) && (metric ?? row.metric) === row.metric)
      .map((row) => ({
        where: `${row.subject}, ${row.group}, Node ${majorOf(node)}`,
        row,
        limit: limit(node, rows, row),
      }))
      .filter(({ limit }) => limit < Infinity),
  )
}
