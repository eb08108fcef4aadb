import type { Passage } from './passages.ts'

/** One of the rules for sentences that a pattern can hold. */
export interface Rule {
  /** The number in CONTRIBUTING's list. */
  readonly number: number
  /** The kinds of passages that it is for; all if left out. */
  readonly kinds?: readonly Passage['kind'][]
  /** Returns the words that break the rule, or undefined. */
  find(text: string): string | undefined
  /** What to write instead. */
  readonly advice: string
}

/** The most words that a sentence may have. */
const MOST_WORDS = 25

/** A list of names, such as versions, has at least so many parts, of at most so many words. */
const [LIST_PARTS, LIST_WORDS] = [6, 5]

export const RULES: readonly Rule[] = [
  {
    number: 1,
    kinds: ['doc'],
    find: pattern(/^(What|Who|Whom|Whose|Whether|Where|Of|How|Gives)\b/),
    advice: 'start with a verb in the third person (Returns, Reports whether) or with the name',
  },
  {
    number: 2,
    find: pattern(/\b(nobody|somebody|anybody|everybody|whoever|whom|he|his|him)\b/i),
    advice: 'name the component: client, peer, caller, handler, kernel, Node',
  },
  { number: 4, find: pattern(/\banew\b/i), advice: 'write "again"' },
  { number: 4, find: pattern(/\bfor ever\b/i), advice: 'write "forever"' },
  { number: 4, find: pattern(/\ball the same\b/i), advice: 'write "anyway", or leave it out' },
  { number: 4, find: pattern(/\b(tells?|told)\b/i), advice: 'write "reports" or "says"' },
  { number: 4, find: pattern(/\b(comes?|came)\b(?! (from|with|first|last)\b)/i), advice: 'write "arrives"' },
  {
    number: 4,
    find: pattern(/(?<!\bthere )\b(is|are|was|were) no (?!longer\b|more\b|less\b|fewer\b|other\b)\w+/i),
    advice: 'write "is not a …"',
  },
  {
    number: 5,
    kinds: ['doc', 'comment', 'page'],
    find: (text) => sentences(text).find((sentence) => words(sentence) > MOST_WORDS && !isList(sentence)),
    advice: `write sentences of at most ${MOST_WORDS} words`,
  },
  {
    number: 5,
    kinds: ['doc', 'comment', 'page'],
    find: (text) => sentences(text).find((sentence) => (sentence.match(/\w: /g) ?? []).length > 1),
    advice: 'write at most one colon in a sentence',
  },
  {
    number: 7,
    kinds: ['string'],
    find: pattern(/\baccepted (is|are)\b/),
    advice: 'write: "name" must be …. Received …',
  },
  {
    number: 9,
    kinds: ['doc', 'comment', 'string'],
    find: pattern(/\b(doors?|keepers?|last words|houses?|look(s|ed|ing)? after)\b/i),
    advice: 'name the thing: a metaphor is not a term of the field',
  },
]

function pattern(expression: RegExp): Rule['find'] {
  return (text) => expression.exec(text)?.[0]
}

/** Splits a passage at the ends of its sentences. A dot inside of a number, a name or `e.g.` is not an end. */
function sentences(text: string): string[] {
  return text.split(/(?<=[.!?;](?:["')\]])?)\s+(?=["'(]?[\p{Lu}`])/u)
}

function isList(sentence: string): boolean {
  const parts = sentence.split(/[,:]\s/)
  return parts.length >= LIST_PARTS && parts.every((part) => words(part) <= LIST_WORDS)
}

function words(sentence: string): number {
  return sentence.split(/\s+/).filter((word) => /[\p{L}\d]/u.test(word)).length
}
