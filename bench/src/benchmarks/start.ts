import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { BARE, CONTROL, inRounds, overBare, type Variant } from '../measure/rounds.ts'
import { type Benchmark, type Kind, type Length, rowOf } from '../measure/row.ts'

const ROUNDS: Record<Length, number> = { quick: 1, normal: 40, long: 200 }
const CORE = '@idle-shutdown/core'
const EMPTY = 'empty-package'

/** The modules that every server imports anyway. */
const SERVER = ['node:http']

/**
 * Measures the time that an import adds to the start of a process. A program that is started on demand pays it at every
 * wake-up.
 */
export const start: Benchmark = async (length) => {
  using installation = new Installation()
  const empty = ['a package that is empty', 'floor', EMPTY] as const
  return [
    ...(await added(installation, 'over a program that imports node:http', length, SERVER, [
      empty,
      [CORE, 'ours', CORE],
    ])),
    ...(await added(
      installation,
      `over a program that imports ${CORE}`,
      length,
      [...SERVER, CORE],
      [
        empty,
        ['@idle-shutdown/express', 'ours', '@idle-shutdown/express'],
        ['@idle-shutdown/fastify', 'ours', '@idle-shutdown/fastify'],
        ['@idle-shutdown/koa', 'ours', '@idle-shutdown/koa'],
      ],
    )),
  ]
}

async function added(
  installation: Installation,
  group: string,
  length: Length,
  base: readonly string[],
  imports: readonly (readonly [subject: string, kind: Kind, module: string])[],
): Promise<ReturnType<typeof rowOf>[]> {
  const variants: Variant[] = [
    { group, subject: BARE, kind: 'bare', measure: () => installation.ageWith(base) },
    { group, subject: CONTROL, kind: 'control', measure: () => installation.ageWith(base) },
    ...imports.map(
      ([subject, kind, module]): Variant => ({
        group,
        subject,
        kind,
        measure: () => installation.ageWith([...base, module]),
      }),
    ),
  ]
  const measured = await inRounds(ROUNDS[length], variants)
  return [...overBare(measured)]
    .filter(([{ kind }]) => kind !== 'bare')
    .map(([{ subject, kind }, values]) => rowOf({ group, subject, kind, metric: 'ms' }, values))
}

/** Imports the given modules in sequence and nothing else. Prints the age of the process in milliseconds. */
const PROGRAM = `for (const module of process.argv.slice(2)) await import(module)
console.log(performance.now())
`

/** A program with its node_modules: these packages, and an empty one, which shows Node's own cost of an import. */
class Installation {
  readonly #folder = mkdtempSync(join(tmpdir(), 'idle-shutdown-start-'))
  readonly #program = join(this.#folder, 'startup.mjs')

  constructor() {
    const modules = join(this.#folder, 'node_modules')
    const empty = join(modules, EMPTY)
    mkdirSync(empty, { recursive: true })
    writeFileSync(join(empty, 'package.json'), JSON.stringify({ name: EMPTY, type: 'module', exports: './index.js' }))
    writeFileSync(join(empty, 'index.js'), 'export {}\n')
    symlinkSync(
      fileURLToPath(new URL('../../node_modules/@idle-shutdown', import.meta.url)),
      join(modules, '@idle-shutdown'),
    )
    writeFileSync(this.#program, PROGRAM)
  }

  /** Returns the milliseconds until a process has imported these modules in sequence. */
  ageWith(modules: readonly string[]): number {
    const { stdout, stderr } = spawnSync(process.execPath, [this.#program, ...modules], { encoding: 'utf8' })
    if (stdout === '') throw new Error(stderr)
    return Number(stdout)
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true })
  }
}
