// Makes docs/runtimes.md from a result of test-runtimes.mjs and from runtimes.json.
/**
 * @typedef {{ name: string, error?: string | undefined }} Outcome
 * @typedef {{ subject: string, outcomes: Outcome[] }} Tried
 * @typedef {{ name: string, version: string, subjects: Tried[] }} Result
 * @typedef {{ what: string, sees: string, on: string[], behaviours: string[] }} Limit
 * @typedef {{ name: string, package: string, command: string[], notes: string[], limits: Limit[] }} Runtime
 */

const INTRO = `# Other runtimes

These packages are made for Node 20.19 and later, on which the whole suite runs. On Deno and Bun, the behaviours of
[the conformance suite](../packages/conformance/src/behaviours) run on core, with client and server in one program of that runtime.
A short program of each framework runs too. Without a request, the server ends by itself. With a client that keeps its connection, the
server answers and then ends. \`pnpm test:runtimes --write\` makes this page from a run.
`

/** Returns the page. It holds no time and no date, so that equal results make equal text. */
export function pageOf(/** @type {Result[]} */ results, /** @type {Runtime[]} */ runtimes) {
  const subjects = results[0]?.subjects.map(({ subject }) => subject) ?? []
  const header = `| tested on | ${results.map(({ name, version }) => `${name} ${version}`).join(' | ')} |`
  const rows = subjects.map((subject) => {
    const cells = results.map((result, index) => {
      const { outcomes = [] } = result.subjects.find((tried) => tried.subject === subject) ?? {}
      const limited = outcomes.filter(({ name }) => limitOf(runtimes[index], subject, name)).length
      return limited === 0 ? `all ${outcomes.length}` : `${outcomes.length - limited} of ${outcomes.length}`
    })
    return `| ${subject} | ${cells.join(' | ')} |`
  })
  const table = [header, `| --- |${results.map(() => ' --- |').join('')}`, ...rows].join('\n')
  const sections = runtimes.map(({ name, notes, limits }) => {
    const head = notes.map((note) => `- ${note}`).join('\n')
    const parts = limits.map(({ what, sees, on, behaviours }) => {
      const list = behaviours.map((behaviour) => `  - ${behaviour}`).join('\n')
      return `- **${what}** (${on.join(', ')}). ${sees}. These behaviours fail, some of them not every time:\n${list}`
    })
    return `## ${name}\n\n${head}\n\nIts limits:\n\n${parts.join('\n')}\n`
  })
  return [INTRO, `The number of behaviours that always hold:\n\n${table}\n`, ...sections].join('\n')
}

/** Returns the limit that applies to a behaviour on a subject. */
export function limitOf(
  /** @type {Runtime | undefined} */ runtime,
  /** @type {string} */ subject,
  /** @type {string} */ name,
) {
  return runtime?.limits.find(({ on, behaviours }) => on.includes(subject) && behaviours.includes(name))
}
