/** The head of one decision record. */
export interface Decision {
  /** Four digits. */
  readonly number: string
  readonly title: string
  readonly status: string
  /** ISO date of the decision. */
  readonly date: string
  /** A sentence, or `nothing`. */
  readonly replaces: string
}

const SECTIONS = ['Decision', 'Why', 'What it costs']

/**
 * Reads the head of a record: `# NNNN Title`, then `Status: …. Date: …. Replaces: ….`, then the sections Decision, Why
 * and What it costs in this order.
 *
 * @throws Error that names the file and the part that is missing
 */
export function readDecision(file: string, page: string): Decision {
  const fault = (what: string): Error => new Error(`${file} must have ${what}, as decisions/README.md says`)
  const [, number, title] = /^# (\d{4}) (.+)$/m.exec(page) ?? []
  if (number === undefined || title === undefined || !file.startsWith(`${number}-`))
    throw fault('the heading "# NNNN Title"')
  const [, status, date, replaces] = /^Status: (.+?)\. Date: (\d{4}-\d\d-\d\d)\. Replaces: (.+)\.$/m.exec(page) ?? []
  if (status === undefined || date === undefined || replaces === undefined) {
    throw fault('the line "Status: …. Date: YYYY-MM-DD. Replaces: …."')
  }
  const headings = [...page.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading ?? '')
  if (SECTIONS.some((section, index) => headings[index] !== section))
    throw fault(`the sections ${SECTIONS.join(', ')}, in this order`)
  return { number, title, status, date, replaces }
}

/** Returns decisions/README.md: the form of a record, and a line for each. */
export function decisionIndex(records: ReadonlyMap<string, string>): string {
  const lines = [...records].map(([file, page]) => {
    const { number, title, status, date, replaces } = readDecision(file, page)
    const replacing = replaces === 'nothing' ? '' : `; replaces ${replaces}`
    return `- [${number} ${title}](${file}): ${status}, ${date}${replacing}`
  })
  return `# Decisions

A page for each decision that a newcomer would question. \`pnpm decisions\` makes this list from the pages.

A page starts with \`# NNNN Title\` and the line \`Status: accepted. Date: YYYY-MM-DD. Replaces: nothing.\` The sections Decision, Why and What
it costs follow in this order; others may follow them. A decision that replaces an older one names it, and the older one's status becomes
"replaced by NNNN".

${lines.join('\n')}
`
}
