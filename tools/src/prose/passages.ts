import jsTokens, { type Token } from 'js-tokens'
import { type Token as MarkdownToken, marked } from 'marked'

/** One piece of text that a person reads: a paragraph of a comment or a page, or a string. */
export interface Passage {
  /**
   * `doc`: the description of a doc comment. `string`: a string of three words or more, such as an error or a test's
   * name.
   */
  readonly kind: 'doc' | 'comment' | 'string' | 'page'
  /** On one line, with the word CODE in place of each code span. */
  readonly text: string
  /** The line on which the passage starts, from 1. */
  readonly line: number
}

/** The word that takes the place of a code span. No rule is about it. */
const CODE = 'CODE'

/**
 * Returns the comments and strings of a JavaScript or TypeScript file. Leaves out strings of fewer than three words,
 * which are mostly names and values.
 */
export function passagesOfSource(source: string): Passage[] {
  const passages: Passage[] = []
  const comment = new LineComments(passages)
  let line = 1
  for (const token of jsTokens(source)) {
    if (token.type === 'SingleLineComment') comment.add(token.value.replace(/^\/\/\s?/, ''), line)
    else if (token.type !== 'WhiteSpace' && token.type !== 'LineTerminatorSequence') comment.end()
    if (token.type === 'MultiLineComment') passages.push(...paragraphsOfComment(token.value, line))
    else if (isText(token)) passages.push(...stringPassage(token.value, line))
    line += token.value.split('\n').length - 1
  }
  comment.end()
  return passages
}

/** Returns the paragraphs, headings, list items and table cells of a Markdown page. Leaves out its code. */
export function passagesOfPage(page: string): Passage[] {
  const passages: Passage[] = []
  let line = 1
  for (const token of marked.lexer(page)) {
    for (const text of textsOf(token)) passages.push({ kind: 'page', text: oneLine(text), line })
    line += token.raw.split('\n').length - 1
  }
  return passages
}

/** Joins `//` comments that follow each other into one passage. */
class LineComments {
  readonly #passages: Passage[]
  #lines: string[] = []
  #start = 0
  #last = 0

  constructor(passages: Passage[]) {
    this.#passages = passages
  }

  add(text: string, line: number): void {
    if (line !== this.#last + 1) this.end()
    if (this.#lines.length === 0) this.#start = line
    this.#lines.push(text)
    this.#last = line
  }

  end(): void {
    if (this.#lines.length > 0) {
      this.#passages.push({ kind: 'comment', text: oneLine(withoutSpans(this.#lines.join(' '))), line: this.#start })
    }
    this.#lines = []
  }
}

function paragraphsOfComment(comment: string, line: number): Passage[] {
  const doc = comment.startsWith('/**')
  const lines = comment
    .replace(/^\/\*+|\*+\/$/g, '')
    .split('\n')
    .map((each) => each.replace(/^\s*\*? ?/, ''))
  const passages: Passage[] = []
  let open: { kind: Passage['kind']; words: string[]; line: number } | undefined
  const close = (): void => {
    if (open !== undefined)
      passages.push({ kind: open.kind, text: oneLine(withoutSpans(open.words.join(' '))), line: open.line })
    open = undefined
  }
  for (const [index, text] of lines.entries()) {
    const tag = /^@\w+/.test(text)
    const row = /^\|.*\|$/.test(text.trim())
    if (text.trim() === '' || tag || row) close()
    if (row) passages.push(...cellsOf(text, line + index))
    if (text.trim() === '' || row) continue
    open ??= { kind: doc && passages.length === 0 && !tag ? 'doc' : 'comment', words: [], line: line + index }
    open.words.push(text.replace(/^@\w+\s*(\{.*\})?/, ''))
  }
  close()
  return passages
}

/** Returns the cells of one row of a table in a comment. Returns nothing for the line under its head. */
function cellsOf(row: string, line: number): Passage[] {
  return row
    .trim()
    .slice(1, -1)
    .split('|')
    .map((cell): Passage => ({ kind: 'comment', text: oneLine(withoutSpans(cell)), line }))
    .filter(({ text }) => /\p{L}/u.test(text))
}

function isText({ type }: Token): boolean {
  return type === 'StringLiteral' || type === 'NoSubstitutionTemplate' || type.startsWith('Template')
}

function stringPassage(literal: string, line: number): Passage[] {
  const text = oneLine(withoutSpans(literal.replace(/^[`'"}]|(\$\{|[`'"])$/g, '')))
  return text.split(' ').filter((word) => /^\p{L}+[,.:;]?$/u.test(word)).length < 3
    ? []
    : [{ kind: 'string', text, line }]
}

function* textsOf(token: MarkdownToken): Iterable<string> {
  switch (token.type) {
    case 'code':
    case 'html':
    case 'space':
    case 'hr':
      return
    case 'list':
      for (const item of token['items']) yield* textsOf(item)
      return
    case 'list_item':
    case 'blockquote':
      for (const child of token.tokens ?? []) yield* textsOf(child)
      return
    case 'table':
      for (const cell of [...token['header'], ...token['rows'].flat()]) yield inline(cell.tokens)
      return
    default:
      yield inline('tokens' in token ? token.tokens : undefined) || withoutSpans(token.raw)
  }
}

function inline(tokens: readonly MarkdownToken[] | undefined): string {
  return (tokens ?? [])
    .map((token) => {
      if (token.type === 'codespan') return CODE
      if ('tokens' in token && token.tokens) return inline(token.tokens)
      return token.type === 'html' ? '' : token.raw
    })
    .join('')
}

/** Replaces code spans and links of doc comments. */
function withoutSpans(text: string): string {
  return text
    .replace(/`[^`]*`/g, CODE)
    .replace(/\{@link\s+[^}]*\}/g, CODE)
    .replace(/https?:\/\/\S+/g, CODE)
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim()
}
