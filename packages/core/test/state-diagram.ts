/**
 * A table of states: the meaning of each state, and the states that may follow it. The first one is the initial one.
 */
export type StateTable = Readonly<Record<string, { readonly means: string; readonly next: readonly string[] }>>

/** Returns a page with the diagram of a table between `<!-- diagram: NAME -->` and `<!-- /diagram -->`. */
export function withDiagram(page: string, name: string, table: StateTable): string {
  const begin = `<!-- diagram: ${name} -->\n`
  const from = page.indexOf(begin)
  const to = page.indexOf('<!-- /diagram -->', from)
  if (from < 0 || to < 0) throw new Error(`The page has no place for the diagram ${name}`)
  return `${page.slice(0, from)}${begin}\n${diagramOf(table)}\n${page.slice(to)}`
}

/** Returns a table of states as a Mermaid diagram. */
export function diagramOf(table: StateTable): string {
  const states = Object.entries(table)
  const lines = [
    // Mermaid ends a description at a colon or a semicolon.
    ...states.map(([state, { means }]) => `${state}: ${state} (${means.replaceAll('`', '').replace(/[;:]/g, ',')})`),
    `[*] --> ${states[0]?.[0]}`,
    ...states.flatMap(([state, { next }]) => (next.length === 0 ? ['[*]'] : next).map((to) => `${state} --> ${to}`)),
  ]
  return `\`\`\`mermaid\nstateDiagram-v2\n${lines.map((line) => `  ${line}\n`).join('')}\`\`\`\n`
}
