import { describe, expect, it, test } from 'vitest'
import { chooseRuntimes } from './choose-runtimes.ts'
import { RUNTIMES } from './declared.ts'
import { pasteOutcomes } from './first-paste.ts'
import { judge, type Outcome, type Runtime } from './outcomes.ts'
import { runtimePage } from './runtime-page.ts'

const limit = { what: 'It cuts', sees: 'A client sees it', on: ['http'], behaviours: ['cut'] }
const deno: Runtime = { name: 'Deno', package: 'deno@2.9.6', command: [], notes: ['A note.'], limits: [limit] }
const bun: Runtime = { name: 'Bun', package: 'bun@1.4.5', command: [], notes: [], limits: [] }
const result = (outcomes: Outcome[], subject = 'http', name = 'Deno') => ({
  name,
  version: '2.9.6',
  subjects: [{ subject, outcomes }],
})

describe('judge', () => {
  it('counts a declared limit as passed', () => {
    expect(judge(deno, result([{ name: 'a' }, { name: 'cut', error: 'x' }]))).toEqual({
      passed: 2,
      failed: 0,
      lines: ['Deno 2.9.6: http: 2 of 2 as declared'],
    })
  })

  it('fails and names a behaviour that is not a limit of the subject', () => {
    expect(judge(deno, result([{ name: 'a' }, { name: 'cut', error: 'x' }], 'h2'))).toEqual({
      passed: 1,
      failed: 1,
      lines: ['Deno: h2: cut: x', 'Deno 2.9.6: h2: 1 of 2 as declared'],
    })
  })

  it('fails when a subject has no outcome', () => {
    expect(judge(deno, result([]))).toMatchObject({ passed: 0, failed: 1 })
  })
})

describe('pasteOutcomes', () => {
  const ended = (code: number | string) => ({ code, stdout: '', stderr: 'x' })
  const errors = (...args: Parameters<typeof pasteOutcomes>) => pasteOutcomes(...args).map(({ error }) => error)

  it('has no error when both servers end with 0 and the client reads the late answer', () => {
    expect(errors('Koa', ended(0), 'late', ended(0))).toEqual([undefined, undefined, undefined])
  })

  it('has an error for each part that is wrong', () => {
    expect(errors('Koa', ended('SIGKILL'), '', ended(1))).toEqual(['ended with SIGKILL: x', '', 'ended with 1: x'])
  })
})

describe('runtimePage', () => {
  it('counts a behaviour with a limit as one that does not always hold', () => {
    const outcomes = [{ name: 'a' }, { name: 'cut' }]
    const page = runtimePage([result(outcomes), result(outcomes, 'http', 'Bun')], [deno, bun])
    expect(page).toContain('| http | 1 of 2 | all 2 |')
    expect(page).toContain('## Deno\n\n- A note.\n\nIts limits:\n\n- **It cuts** (http). A client sees it.')
  })
})

describe('chooseRuntimes', () => {
  const declared = { subjects: ['http', 'h2'], pastes: ['Koa'], runtimes: [deno, bun] }
  const choose = (...args: string[]) => {
    const { runtimes, ...choice } = chooseRuntimes(args, declared)
    return { ...choice, runtimes: runtimes.map(({ name }) => name) }
  }
  const all = { runtimes: ['Deno', 'Bun'], subjects: ['http', 'h2'], pastes: ['Koa'], whole: true, mode: 'show' }

  test.each([
    [[], all],
    [['--check'], { ...all, mode: 'check' }],
    [['--write'], { ...all, mode: 'write' }],
    [['bun'], { ...all, runtimes: ['Bun'], whole: false }],
    [['--subject=h2'], { ...all, subjects: ['h2'], pastes: [], whole: false }],
  ])('with %j', (args, choice) => {
    expect(choose(...args)).toEqual(choice)
  })

  test.each([['Bun '], ['node'], ['--subject=h3'], ['--subjects=h2'], ['--write --check']])(
    'refuses %s before a behaviour runs',
    (args) => {
      expect(() => choose(...args.split(' '))).toThrow(expect.objectContaining({ code: 'TOOLS_ARGUMENT' }))
    },
  )
})

it('declares limits of known subjects only', () => {
  const subjects = [...RUNTIMES.subjects, 'first paste']
  for (const { limits } of RUNTIMES.runtimes)
    for (const { on } of limits) expect(subjects).toEqual(expect.arrayContaining([...on]))
})
