// Runs the tracker and the watching against their reference model: `pnpm test:model`, 100,000 runs. If a run fails, the
// test prints the options that repeat it.
import { spawnSync } from 'node:child_process'
import process from 'node:process'
import { parseArgs } from 'node:util'

const { values } = parseArgs({
  // pnpm passes the `--` on.
  args: process.argv.slice(2).filter((argument) => argument !== '--'),
  options: {
    runs: { type: 'string', default: '100000' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    path: { type: 'string' },
    'replay-path': { type: 'string' },
    only: { type: 'string', default: '' },
  },
})

console.log(`test:model: ${values.runs} runs, --seed ${values.seed}`)
const { status } = spawnSync('vitest', ['run', '--project', 'core', `test/model/${values.only}`], {
  stdio: 'inherit',
  shell: process.platform === 'win32',
  env: {
    ...process.env,
    IDLE_MODEL_RUNS: values.runs,
    IDLE_MODEL_SEED: values.seed,
    ...(values.path && { IDLE_MODEL_PATH: values.path }),
    ...(values['replay-path'] && { IDLE_MODEL_REPLAY_PATH: values['replay-path'] }),
  },
})
process.exitCode = status ?? 1
