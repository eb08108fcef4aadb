import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { BARE, CONTROL, type Contender, inRounds, overFirst } from './rounds.ts'
import { type Benchmark, type Length, rowOf } from './row.ts'

const ROUNDS: Record<Length, number> = { quick: 1, normal: 40, long: 200 }
const PROGRAM = fileURLToPath(new URL('started.js', import.meta.url))
const CORE = '@idle-shutdown/core'

/** What every server imports anyway. */
const SERVER = ['node:http']

/** What an import adds to the start of a process: a program that is started on demand pays it at every wake-up. */
export const start: Benchmark = async (length) => [
  ...(await added(`over a program that imports node:http`, length, SERVER, [[CORE, 'ours', [CORE]]])),
  ...(await added(
    `over a program that imports ${CORE}`,
    length,
    [...SERVER, CORE],
    [
      ['@idle-shutdown/express', 'ours', ['@idle-shutdown/express']],
      ['@idle-shutdown/fastify', 'ours', ['@idle-shutdown/fastify']],
      ['@idle-shutdown/koa', 'ours', ['@idle-shutdown/koa']],
    ],
  )),
]

async function added(
  group: string,
  length: Length,
  base: readonly string[],
  imports: readonly (readonly [subject: string, kind: 'ours', modules: readonly string[]])[],
): Promise<ReturnType<typeof rowOf>[]> {
  const contenders: Contender[] = [
    { subject: BARE, kind: 'bare', measure: () => lifeOf(base) },
    { subject: CONTROL, kind: 'control', measure: () => lifeOf(base) },
    ...imports.map(
      ([subject, kind, modules]): Contender => ({ subject, kind, measure: () => lifeOf([...base, ...modules]) }),
    ),
  ]
  const measured = await inRounds(ROUNDS[length], contenders)
  return [...overFirst(measured)]
    .filter(([{ kind }]) => kind !== 'bare')
    .map(([{ subject, kind }, values]) => rowOf({ group, subject, kind, metric: 'ms' }, values))
}

function lifeOf(modules: readonly string[]): number {
  const { stdout, stderr } = spawnSync(process.execPath, [PROGRAM, ...modules], { encoding: 'utf8' })
  if (stdout === '') throw new Error(stderr)
  return Number(stdout)
}
