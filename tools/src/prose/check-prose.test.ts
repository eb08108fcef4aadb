import { describe, expect, it } from 'vitest'
import { checkProse } from './check-prose.ts'

const found = (file: string, content: string): string[] =>
  checkProse(file, content).map(({ line, rule, found: words }) => `${line} rule ${rule.number}: ${words}`)

const many = (count: number): string => Array.from({ length: count }, (_, index) => `word${index}`).join(' ')

describe('comments', () => {
  it('reports a doc comment that starts with a pronoun', () => {
    expect(found('a.ts', '/** Whether it is open. */\nconst open = true')).toEqual(['1 rule 1: Whether'])
    expect(found('a.ts', '/** Reports whether it is open. */')).toEqual([])
  })

  it('applies rule 1 to the first paragraph of a doc comment only', () => {
    expect(found('a.ts', '/**\n * Opens it.\n *\n * How long it takes depends on Node.\n */')).toEqual([])
    expect(found('a.ts', '// How long it takes depends on Node.')).toEqual([])
  })

  it('reports persons, in any case, with the line of the passage', () => {
    expect(found('a.ts', '\n\n// Nobody waits.')).toEqual(['3 rule 2: Nobody'])
  })

  it('joins line comments that follow each other', () => {
    expect(found('a.ts', '// It lasts for\n// ever.')).toEqual(['1 rule 4: for ever'])
  })

  it('ignores code spans and links', () => {
    expect(found('a.ts', '/** Returns `nobody` or {@link whoever}. */')).toEqual([])
  })

  it('reports a sentence of more than 25 words', () => {
    expect(found('a.ts', `// Returns ${many(24)}.`)).toEqual([])
    expect(found('a.ts', `// Returns ${many(25)}.`)).toHaveLength(1)
    expect(found('a.ts', `// Returns ${many(20)}. Closes ${many(20)}.`)).toEqual([])
  })

  it('ignores the length of a list of names', () => {
    const names = Array.from({ length: 20 }, (_, index) => `name ${index}`)
    expect(found('a.md', names.join(', '))).toEqual([])
    expect(found('a.md', `It has ${many(6)}, ${names.join(', ')}`)).toHaveLength(1)
  })

  it('reads each cell of a table in a comment by itself', () => {
    const row = `| ${many(10)} | ${many(20)} |`
    expect(found('a.ts', `/**\n * Returns it.\n *\n * ${row}\n * | --- | --- |\n * ${row}\n */`)).toEqual([])
    expect(found('a.ts', `/**\n * Returns it.\n *\n * | ${many(30)} |\n */`)).toHaveLength(1)
  })

  it('reports a second colon in a sentence', () => {
    expect(found('a.ts', '// One: two.')).toEqual([])
    expect(found('a.ts', '// One: two: three.')).toEqual(['1 rule 5: One: two: three.'])
  })

  it('reads a comment behind a regular expression and inside a template', () => {
    expect(found('a.ts', 'const a = /"/ // nobody knows\n')).toEqual(['1 rule 2: nobody'])
    expect(found('a.ts', `const a = \`\${b /* nobody knows */}\``)).toEqual(['1 rule 2: nobody'])
  })
})

describe('strings', () => {
  it('reports words in errors and in the names of tests', () => {
    expect(found('a.ts', "it('starts anew when it is asked')")).toEqual(['1 rule 4: anew'])
    expect(found('a.ts', `throw new Error(\`\${name} is wrong; accepted is a number\`)`)).toEqual([
      '1 rule 7: accepted is',
    ])
  })

  it('ignores names and values', () => {
    expect(found('a.ts', "run('nobody', 'a door')")).toEqual([])
  })
})

describe('pages', () => {
  it('reports paragraphs, list items and cells, but not code', () => {
    const page = [
      '# Title',
      '',
      'Nobody.',
      '',
      '```sh',
      'whoever',
      '```',
      '',
      '- anew',
      '',
      '| a |',
      '|---|',
      '| for ever |',
    ]
    expect(found('a.md', page.join('\n'))).toEqual(['3 rule 2: Nobody', '9 rule 4: anew', '11 rule 4: for ever'])
  })

  it('allows "is no longer"', () => {
    expect(found('a.md', 'It is no longer open. It is no server.')).toEqual(['1 rule 4: is no server'])
  })
})

it('ignores files of other kinds', () => {
  expect(found('a.json', '"nobody waits for it"')).toEqual([])
})
