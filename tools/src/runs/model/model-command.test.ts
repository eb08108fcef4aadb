import { expect, it, test } from 'vitest'
import { modelCommand } from './model-command.ts'

it('runs the whole model 100,000 times with a new seed', () => {
  expect(modelCommand([], 7)).toEqual({
    title: 'test:model: 100000 runs, --seed 7',
    command: 'vitest',
    args: ['run', '--project', 'core', 'test/model/'],
    env: { IDLE_MODEL_RUNS: '100000', IDLE_MODEL_SEED: '7' },
  })
})

it('repeats a run', () => {
  const args = ['--', '--runs', '1', '--seed', '3', '--path', '1:2', '--replay-path', 'AB:C', '--only', 'tracker']
  expect(modelCommand(args, 7)).toEqual({
    title: 'test:model: 1 runs, --seed 3',
    command: 'vitest',
    args: ['run', '--project', 'core', 'test/model/tracker'],
    env: { IDLE_MODEL_RUNS: '1', IDLE_MODEL_SEED: '3', IDLE_MODEL_PATH: '1:2', IDLE_MODEL_REPLAY_PATH: 'AB:C' },
  })
})

it('accepts a negative seed', () => {
  expect(modelCommand(['--seed=-3'], 7).env).toMatchObject({ IDLE_MODEL_SEED: '-3' })
})

test.each([['--runs=0'], ['--runs=many'], ['--seed=x'], ['--fast'], ['tracker']])('refuses %s', (argument) => {
  expect(() => modelCommand([argument], 7)).toThrow(expect.objectContaining({ code: 'TOOLS_ARGUMENT' }))
})
