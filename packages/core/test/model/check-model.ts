import fc from 'fast-check'
import type { Command } from './command.ts'
import { Model, PATIENCE, type Settings } from './model.ts'
import { Real } from './real.ts'
import { BlockStep, CommandStep, LastLookStep, PassStep } from './step.ts'

/** A step with its weight, relative to the 12 of passing time. */
export interface Weighted {
  readonly weight: number
  readonly arbitrary: fc.Arbitrary<fc.AsyncCommand<Model, Real>>
}

/** The parameters of `pnpm test:model`, which explores. An ordinary test runs the same sequences each time. */
const parameters = {
  runs: Number(process.env['IDLE_MODEL_RUNS'] ?? 1000),
  seed: Number(process.env['IDLE_MODEL_SEED'] ?? 2026),
  path: process.env['IDLE_MODEL_PATH'],
  replayPath: process.env['IDLE_MODEL_REPLAY_PATH'],
}

const MOST_STEPS = 80

const settings: fc.Arbitrary<Settings & { readonly listens: boolean }> = fc.record({
  listens: fc.constantFrom(true, true, true, false),
  activity: fc.constantFrom('connections' as const, 'requests' as const),
  upgrades: fc.constantFrom('open' as const, 'traffic' as const, 'ignore' as const),
  startupPatience: fc.constantFrom(PATIENCE, PATIENCE / 4, 4 * PATIENCE),
})

/** Returns steps with any of `commands`, to any of their possible targets. */
export function steps(weight: number, commands: readonly Command[]): Weighted {
  return { weight, arbitrary: oneOf(commands) }
}

/** Returns steps with any of `commands`, in the middle of a last look. */
export function stepsDuringLook(weight: number, commands: readonly Command[]): Weighted {
  return { weight, arbitrary: oneOf(commands).map((step) => new LastLookStep(step)) }
}

const time: Weighted = {
  weight: 12,
  arbitrary: fc
    .oneof(
      { weight: 6, arbitrary: fc.nat(PATIENCE / 4) },
      { weight: 1, arbitrary: fc.constantFrom(500, 1000, PATIENCE - 1000, PATIENCE - 1, PATIENCE) },
      { weight: 1, arbitrary: fc.nat(3 * PATIENCE) },
    )
    .map((ms) => new PassStep(ms)),
}

const blocked: Weighted = { weight: 1, arbitrary: fc.nat(3 * PATIENCE).map((ms) => new BlockStep(ms)) }

/**
 * Applies random sequences of steps to the model and to a real shutdown with one server of this kind. Compares the
 * two after each step.
 *
 * At the end, all activities end. The end must follow once, and leave nothing behind.
 *
 * Runs `share` of all runs. Reports a failure with the seed and path that replay it.
 */
export async function checkModel(kind: 'http' | 'http2', share: number, weighted: readonly Weighted[]): Promise<void> {
  const { seed, path, replayPath } = parameters
  const commands = fc.commands([fc.oneof(time, blocked, ...weighted)], {
    maxCommands: MOST_STEPS,
    size: 'max',
    ...(replayPath !== undefined && { replayPath }),
  })
  const property = fc.asyncProperty(settings, commands, async (settings, commands) => {
    const model = new Model(settings)
    const real = new Real(settings)
    try {
      const server = model.add(kind)
      real.add(server)
      model.watch(server)
      real.watch(server.number)
      if (settings.listens) {
        model.listen(server)
        real.listen(server.number)
      }
      await real.settle()
      await fc.asyncModelRun(() => ({ model, real }), commands)
      await real.end(model)
    } finally {
      await real.dispose()
    }
  })
  const details = await fc.check(property, {
    numRuns: Math.ceil(parameters.runs * share),
    // With bias, most runs would have two or three steps.
    unbiased: true,
    seed,
    ...(path !== undefined && { path, endOnFailure: true }),
  })
  if (!details.failed) return
  const [, steps] = /replayPath="(.*?)"/.exec(fc.stringify(details.counterexample)) ?? []
  const only = kind === 'http' ? 'http1' : 'http2'
  throw new Error(
    `${await fc.asyncDefaultReportMessage(details)}\n\nThe same again: pnpm test:model --only ${only} --seed ${seed} --path ${details.counterexamplePath} --replay-path '${steps}'`,
    { cause: details.errorInstance },
  )
}

function oneOf(commands: readonly Command[]): fc.Arbitrary<CommandStep> {
  return fc.tuple(fc.constantFrom(...commands), fc.nat(11)).map(([command, which]) => new CommandStep(command, which))
}
