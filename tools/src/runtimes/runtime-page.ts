import { limitOf, type Result, type Runtime } from './outcomes.ts'

const INTRO = `# Other runtimes

These packages are made for Node 20.19 and later, on which the whole suite runs. On Deno and Bun, the behaviours of
[the conformance suite](../packages/conformance/src/behaviours) run on core, with client and server in one program of that runtime.
A short program of each framework runs too. Without a request, the server ends by itself. With a client that keeps its connection, the
server answers and then ends. \`pnpm test:runtimes --write\` makes this page from a run.
`

/** Returns the text of docs/runtimes.md. It holds no time and no date, so that equal results make equal text. */
export function runtimePage(results: readonly Result[], runtimes: readonly Runtime[]): string {
  const subjects = results[0]?.subjects.map(({ subject }) => subject) ?? []
  const header = `| tested on | ${results.map(({ name, version }) => `${name} ${version}`).join(' | ')} |`
  const rows = subjects.map((subject) => {
    const cells = results.map((result) => cell(result, runtimes, subject))
    return `| ${subject} | ${cells.join(' | ')} |`
  })
  const table = [header, `| --- |${results.map(() => ' --- |').join('')}`, ...rows].join('\n')
  return [INTRO, `The number of behaviours that always hold:\n\n${table}\n`, ...runtimes.map(section)].join('\n')
}

function cell(result: Result, runtimes: readonly Runtime[], subject: string): string {
  const runtime = runtimes.find(({ name }) => name === result.name)
  const { outcomes = [] } = result.subjects.find((tried) => tried.subject === subject) ?? {}
  const limited = outcomes.filter(({ name }) => limitOf(runtime, subject, name)).length
  return limited === 0 ? `all ${outcomes.length}` : `${outcomes.length - limited} of ${outcomes.length}`
}

function section({ name, notes, limits }: Runtime): string {
  const head = notes.map((note) => `- ${note}`).join('\n')
  const parts = limits.map(({ what, sees, on, behaviours }) => {
    const list = behaviours.map((behaviour) => `  - ${behaviour}`).join('\n')
    return `- **${what}** (${on.join(', ')}). ${sees}. These behaviours fail, some of them not every time:\n${list}`
  })
  return `## ${name}\n\n${head}\n\nIts limits:\n\n${parts.join('\n')}\n`
}
