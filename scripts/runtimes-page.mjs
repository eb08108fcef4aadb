// Makes docs/runtimes.md from a result of test-runtimes.mjs and from runtimes.json.
/**
 * @typedef {import('./test-runtimes.mjs').Result} Result
 * @typedef {import('./test-runtimes.mjs').Runtime} Runtime
 */

const INTRO = `# Other runtimes

These packages are made for Node, 20.19 and later, on which the whole suite runs. On Deno and Bun the behaviours of
[the conformance suite](../packages/conformance/src/behaviours) are tried on the core, client and server in one program of that runtime,
and a first paste of each framework: a server that nobody calls ends by itself, and one whose client keeps its connection answers and
ends. Made from a run by \`pnpm test:runtimes --write\`, and not by hand.
`

/** Returns the page. It holds no time and no date, so that equal results make equal text. */
export function pageOf(/** @type {Result[]} */ results, /** @type {Runtime[]} */ runtimes) {
  const subjects = results[0]?.subjects.map(({ subject }) => subject) ?? []
  const header = `| tried on | ${results.map(({ name, version }) => `${name} ${version}`).join(' | ')} |`
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
      return `- **${what}** (${on.join(', ')}): ${sees}. What does not hold, or not every time:\n${list}`
    })
    return `## ${name}\n\n${head}\n\nIts limits:\n\n${parts.join('\n')}\n`
  })
  return [INTRO, `How many behaviours hold, every time:\n\n${table}\n`, ...sections].join('\n')
}

/** Returns the limit that applies to a behaviour on a subject. */
export function limitOf(
  /** @type {Runtime | undefined} */ runtime,
  /** @type {string} */ subject,
  /** @type {string} */ name,
) {
  return runtime?.limits.find(({ on, behaviours }) => on.includes(subject) && behaviours.includes(name))
}
