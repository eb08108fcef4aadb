import { parseJson } from '../command/json-value.ts'
import { limitedOn, type Outcome, type Runtime } from './outcomes.ts'
import { type Ended, startProgram } from './program.ts'

/** The longest time (ms) that a run of behaviours may take. */
const LONGEST = 480_000
/** The times that a failed behaviour runs again, by itself. */
const RETRIES = 2

/** Runs `behaviours.js` with variables, and returns its end. */
export type Run = (env: Readonly<Record<string, string>>) => Promise<Ended>

/** Returns a function that runs the behaviours on a subject. */
export function behavioursOf(command: readonly string[], subject: string): Run {
  return (env) => startProgram(command, 'behaviours.js', { SUBJECT: subject, ...env }, LONGEST).ended
}

/**
 * Runs the behaviours. Runs a failed one again by itself unless it is a declared limit. So the result is about the
 * runtime, and not about a busy machine.
 */
export async function tryBehaviours(runtime: Runtime, subject: string, run: Run): Promise<Outcome[]> {
  const limits = limitedOn(runtime, subject)
  const outcomes = await outcomesOf(runtime.name, run, { LIMITS: JSON.stringify(limits) })
  const settled: Outcome[] = []
  for (const outcome of outcomes) {
    let error = outcome.error
    for (let times = 0; times < RETRIES && error !== undefined && !limits.includes(outcome.name); times++) {
      const [again] = await outcomesOf(runtime.name, run, { ONLY: outcome.name, LONGEST: '30000' })
      if (again !== undefined && again.error === undefined) error = undefined
    }
    settled.push(error === undefined ? { name: outcome.name } : { name: outcome.name, error })
  }
  return settled
}

/** Runs behaviours. A crash counts as a failure of one behaviour, and the run continues with the next. */
async function outcomesOf(runtime: string, run: Run, env: Readonly<Record<string, string>>): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  for (;;) {
    const ended = await run({ FROM: String(outcomes.length), ...env })
    const { finished, begun } = readMessages(ended.stdout)
    outcomes.push(...finished)
    if (ended.code === 0) return outcomes
    if (begun === undefined) throw new Error(`${runtime} ended with ${ended.code}:\n${ended.stdout}${ended.stderr}`)
    const last = ended.stderr.trim().split('\n').at(-1)
    outcomes.push({ name: begun, error: `${runtime} ended with ${ended.code}: ${last}` })
    if ('ONLY' in env) return outcomes
  }
}

/** Reads the messages of `behaviours.js`: the outcomes, and the behaviour that had begun when the program ended. */
export function readMessages(stdout: string): { finished: Outcome[]; begun: string | undefined } {
  const messages = stdout
    .split('\n')
    .filter((line) => line.startsWith('{"'))
    .map((line) => parseJson(line, 'the output of behaviours.js'))
  const finished = messages
    .filter((message) => message.get('name').exists)
    .map((message) => {
      const [name, error] = [message.get('name').text(), message.get('error')]
      return error.exists ? { name, error: error.text() } : { name }
    })
  const begun = messages.at(-1)?.get('begun')
  return { finished, begun: begun?.exists ? begun.text() : undefined }
}
