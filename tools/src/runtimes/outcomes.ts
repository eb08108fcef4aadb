import { type JsonValue, readJson } from '../command/json-value.ts'

/** The result of one behaviour. It held if there is no error. */
export interface Outcome {
  readonly name: string
  readonly error?: string | undefined
}

/** The results of all behaviours on one subject. */
export interface Tried {
  readonly subject: string
  readonly outcomes: readonly Outcome[]
}

/** The results on one runtime. */
export interface Result {
  readonly name: string
  readonly version: string
  readonly subjects: readonly Tried[]
}

/** Behaviours that fail on a runtime, possibly not every time. */
export interface Limit {
  readonly what: string
  /** The effect that a client or a user sees. */
  readonly sees: string
  /** The subjects that have the limit. */
  readonly on: readonly string[]
  readonly behaviours: readonly string[]
}

/** A runtime other than Node. */
export interface Runtime {
  readonly name: string
  /** `name@version`, the version exact. */
  readonly package: string
  /** The arguments before the program. */
  readonly command: readonly string[]
  readonly notes: readonly string[]
  readonly limits: readonly Limit[]
}

/** Returns the limit that applies to a behaviour on a subject. */
export function limitOf(runtime: Runtime | undefined, subject: string, name: string): Limit | undefined {
  return runtime?.limits.find(({ on, behaviours }) => on.includes(subject) && behaviours.includes(name))
}

/** Returns the behaviours that may fail on a subject. */
export function limitedOn(runtime: Runtime, subject: string): string[] {
  return runtime.limits.filter(({ on }) => on.includes(subject)).flatMap(({ behaviours }) => behaviours)
}

/** Reports whether a behaviour held, or failed with a declared limit. */
export function isAsDeclared(runtime: Runtime, subject: string, { name, error }: Outcome): boolean {
  return error === undefined || limitOf(runtime, subject, name) !== undefined
}

/** The counts of a runtime, with a line for each failure and for each subject. */
export interface Verdict {
  readonly passed: number
  readonly failed: number
  readonly lines: readonly string[]
}

/** Counts the failures that are not declared limits. A subject without an outcome is a failure. */
export function judge(runtime: Runtime, { version, subjects }: Result): Verdict {
  let [passed, failed] = [0, 0]
  const lines: string[] = []
  for (const { subject, outcomes } of subjects) {
    const bad = outcomes.filter((outcome) => !isAsDeclared(runtime, subject, outcome))
    for (const { name, error } of bad) lines.push(`${runtime.name}: ${subject}: ${name}: ${error}`)
    const held = outcomes.length - bad.length
    passed += held
    failed += bad.length
    if (outcomes.length === 0) failed++
    lines.push(`${runtime.name} ${version}: ${subject}: ${held} of ${outcomes.length} as declared`)
  }
  return { passed, failed, lines }
}

/** Reads the report of `pnpm test:runtimes`. */
export function readResults(file: string): Result[] {
  return readJson(file, 'the report of pnpm test:runtimes').items().map(resultIn)
}

function resultIn(result: JsonValue): Result {
  return {
    name: result.get('name').text(),
    version: result.get('version').text(),
    subjects: result
      .get('subjects')
      .items()
      .map((tried) => ({
        subject: tried.get('subject').text(),
        outcomes: tried.get('outcomes').items().map(outcomeIn),
      })),
  }
}

function outcomeIn(outcome: JsonValue): Outcome {
  const [name, error] = [outcome.get('name').text(), outcome.get('error')]
  return error.exists ? { name, error: error.text() } : { name }
}
