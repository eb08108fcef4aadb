import { describe, expect, it } from 'vitest'
import { type Run, readMessages, tryBehaviours } from './behaviours.ts'
import type { Runtime } from './outcomes.ts'

const limit = { what: '', sees: '', on: ['http'], behaviours: ['cut'] }
const deno: Runtime = { name: 'Deno', package: 'deno@2.9.6', command: [], notes: [], limits: [limit] }

const begun = (name: string): string => `${JSON.stringify({ begun: name })}\n`
const finished = (name: string, error?: string): string => `${begun(name)}${JSON.stringify({ name, error })}\n`

/** Returns a run that ends as each script says, in this order, and the variables that it was given. */
const scripted = (...ends: [code: number | string, stdout: string, stderr?: string][]) => {
  const given: Record<string, string>[] = []
  const run: Run = async (env) => {
    given.push({ ...env })
    const [code, stdout, stderr = ''] = ends.shift() ?? ['no further run', '']
    return { code, stdout, stderr }
  }
  return { run, given }
}

describe('tryBehaviours', () => {
  it('returns the outcomes in the order of the run', async () => {
    const { run, given } = scripted([0, finished('a') + finished('cut', 'x')])
    expect(await tryBehaviours(deno, 'http', run)).toEqual([{ name: 'a' }, { name: 'cut', error: 'x' }])
    expect(given).toEqual([{ FROM: '0', LIMITS: '["cut"]' }])
  })

  it('runs a failed behaviour twice more by itself, and takes the success', async () => {
    const { run, given } = scripted([0, finished('a', 'x')], [0, finished('a', 'x')], [0, finished('a')])
    expect(await tryBehaviours(deno, 'http', run)).toEqual([{ name: 'a' }])
    expect(given.slice(1)).toEqual([
      { FROM: '0', ONLY: 'a', LONGEST: '30000' },
      { FROM: '0', ONLY: 'a', LONGEST: '30000' },
    ])
  })

  it('keeps the error when the behaviour fails three times', async () => {
    const { run, given } = scripted([0, finished('a', 'x')], [0, finished('a', 'y')], [0, finished('a', 'z')])
    expect(await tryBehaviours(deno, 'http', run)).toEqual([{ name: 'a', error: 'x' }])
    expect(given).toHaveLength(3)
  })

  it('keeps the error when the behaviour does not run again', async () => {
    const { run } = scripted([0, finished('a', 'x')], [0, ''], [0, ''])
    expect(await tryBehaviours(deno, 'http', run)).toEqual([{ name: 'a', error: 'x' }])
  })

  it('counts a crash as a failure, and continues with the next behaviour', async () => {
    const { run, given } = scripted(['SIGSEGV', finished('a') + begun('cut'), 'warning\npanic\n'], [0, finished('c')])
    expect(await tryBehaviours(deno, 'http', run)).toEqual([
      { name: 'a' },
      { name: 'cut', error: 'Deno ended with SIGSEGV: panic' },
      { name: 'c' },
    ])
    expect(given[1]).toMatchObject({ FROM: '2' })
  })

  it('rejects when the program ends before a behaviour begins', async () => {
    const { run } = scripted([1, '', 'no subject is called http'])
    await expect(tryBehaviours(deno, 'http', run)).rejects.toThrow('Deno ended with 1:\nno subject is called http')
  })
})

it('ignores lines of a program that are not messages', () => {
  expect(readMessages(`warning\n${finished('a', 'x')}{ not json\n${begun('b')}`)).toEqual({
    finished: [{ name: 'a', error: 'x' }],
    begun: 'b',
  })
  expect(readMessages('')).toEqual({ finished: [], begun: undefined })
})
