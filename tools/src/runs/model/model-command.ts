import type { CommandLine } from '../../command/program.ts'
import { argumentError, readArguments } from '../../command/read-arguments.ts'

const USAGE = 'pnpm test:model [--runs NUMBER] [--seed NUMBER] [--path PATH] [--replay-path PATH] [--only FILE]'

/**
 * Returns the run of the model that the arguments ask for.
 *
 * @param seed the seed, if the arguments name none
 */
export function modelCommand(args: readonly string[], seed: number): CommandLine & { readonly title: string } {
  const { values } = readArguments(USAGE, args, {
    options: {
      runs: { type: 'string', default: '100000' },
      seed: { type: 'string', default: String(seed) },
      path: { type: 'string' },
      'replay-path': { type: 'string' },
      only: { type: 'string', default: '' },
    },
  })
  if (!/^[1-9]\d*$/.test(values.runs))
    throw argumentError(USAGE, `"--runs" must be a number of at least 1. Received '${values.runs}'`)
  if (!/^-?\d+$/.test(values.seed))
    throw argumentError(USAGE, `"--seed" must be a whole number. Received '${values.seed}'`)
  return {
    title: `test:model: ${values.runs} runs, --seed ${values.seed}`,
    command: 'vitest',
    args: ['run', '--project', 'core', `test/model/${values.only}`],
    env: {
      IDLE_MODEL_RUNS: values.runs,
      IDLE_MODEL_SEED: values.seed,
      ...(values.path && { IDLE_MODEL_PATH: values.path }),
      ...(values['replay-path'] && { IDLE_MODEL_REPLAY_PATH: values['replay-path'] }),
    },
  }
}
