import type { Test } from '../../reports/test-report.ts'
import type { ProvenCase, ProvenGroup } from './prove-cases.ts'
import { SubjectSets } from './subject-sets.ts'

const INTRO = `# Edge cases

Cases in which packages of this kind fail. \`pnpm edge-cases\` makes this page from a run of the suite, and \`pnpm test:nodes\` runs
the suite on Node 20, 22, 24 and 26. The page names each test by a part of its name. The tests of
[the conformance suite](../packages/conformance/src/behaviours) run against every subject that supports them. A letter stands for the set of
these subjects.
`

/** The test files that run the conformance suite. The first title of their tests is the subject. */
const CONFORMANCE = /conformance\.test|core-(http1|http2|raw|unix)\.test/

/** Returns the text of docs/edge-cases.md. The text holds no time, so that equal results make equal text. */
export function edgeCasePage(groups: readonly ProvenGroup[]): string {
  const sets = new SubjectSets()
  const sections = groups.map(({ group, rows }) => `## ${group}\n\n${table(rows, sets)}\n`)
  return [INTRO, ...sections, legend(groups, sets)].join('\n')
}

/** Returns the number of cases. */
export function countCases(groups: readonly ProvenGroup[]): number {
  return groups.flatMap(({ rows }) => rows.filter(({ first }) => first)).length
}

function table(rows: readonly ProvenCase[], sets: SubjectSets): string {
  const lines = rows.map(({ name, must, pattern, first, tests }) => {
    const cells = [...(first ? [name, must] : ['', '']), pattern.replace(/^.*› /, '').trim()]
    return `| ${[...cells.map(cell), places(tests, sets)].join(' | ')} |`
  })
  return ['| case | must | test | on |', '| --- | --- | --- | --- |', ...lines].join('\n')
}

/** Returns the letter of the set of conformance subjects, and the files of other tests. */
function places(tests: readonly Test[], sets: SubjectSets): string {
  const files = new Map<string, number>()
  const subjects = new Set<string>()
  for (const { file, titles } of tests) {
    const [subject] = titles
    if (subject !== undefined && CONFORMANCE.test(file)) subjects.add(subject)
    else files.set(file, (files.get(file) ?? 0) + 1)
  }
  const links = [...files].map(([file, count]) => {
    const short = file.replace(/^packages\//, '').replace(/\/(src|test)\//, '/')
    return `[${short}](../${file})${count > 1 ? ` × ${count}` : ''}`
  })
  if (subjects.size > 0) links.unshift(`${subjects.size} × [${sets.letterOf(subjects)}](#subjects)`)
  return links.join(', ')
}

function legend(groups: readonly ProvenGroup[], sets: SubjectSets): string {
  const lines = sets.entries().map(({ letter, subjects }) => `- **${letter}**: ${subjects}`)
  const tests = new Set(groups.flatMap(({ rows }) => rows.flatMap((row) => row.tests)))
  const total = `${countCases(groups)} cases, proved by ${tests.size} tests on each version of Node.`
  return `## Subjects\n\n${lines.join('\n')}\n\n${total}\n`
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replace(/[<>]/g, (sign) => (sign === '<' ? '&lt;' : '&gt;'))
}
