import { expect, onTestFinished, test, vi } from 'vitest'
import { endedByItself, endPrograms, Program } from './program.ts'

const WAITS = `console.log('http 12345'); setInterval(() => {}, 60_000)`

test('a program that ends by itself resolves with its code and its output', async () => {
  const program = Program.module(`console.log('out')`)
  expect(await program.ended).toEqual({ ...endedByItself, stdout: 'out\n' })
  expect(program.lines).toEqual(['out'])
})

test('the output holds both streams, and the ending holds each', async () => {
  const program = Program.module(`console.log('out'); console.error('err'); process.exitCode = 3`)
  expect(await program.ended).toEqual({ code: 3, signal: null, stdout: 'out\n', stderr: 'err\n' })
  expect(program.output.split('\n').toSorted()).toEqual(['', 'err', 'out'])
})

test('printed() returns a match of past and of future output', async () => {
  await using program = Program.module(`console.log('one'); process.stdin.once('data', () => console.log('two'))`, {
    stdin: true,
  })
  expect((await program.printed(/on(e)/))[1]).toBe('e')
  program.child.stdin?.write('more')
  await program.printed(/two/)
  await program.printed(/one/)
})

test('printed() rejects with the output if the program ends without a match', async () => {
  const program = Program.module(`console.log('out'); console.error('why')`)
  await expect(program.printed(/never/)).rejects.toThrow(/ended with 0 before it printed \/never\/:\nout\nwhy/)
})

test('printed() rejects if the command cannot be started', async () => {
  const program = new Program([], { command: 'no-such-command' })
  await expect(program.printed(/never/)).rejects.toThrow('ENOENT')
  await expect(program.ended).rejects.toThrow('ENOENT')
})

test('port() returns the port that the program prints', async () => {
  await using program = Program.module(WAITS)
  expect(await program.port()).toBe(12_345)
})

test('a program that runs is killed when it is disposed of, at its limit, and by endPrograms()', async () => {
  const disposed = Program.module(WAITS)
  await disposed.port()
  await disposed[Symbol.asyncDispose]()
  const limited = Program.module(WAITS, { limit: 1 })
  const left = Program.module(WAITS)
  await endPrograms()
  for (const program of [disposed, limited, left]) {
    expect(await program.ended).toMatchObject({ code: null, signal: 'SIGKILL' })
  }
})

test('a program gets the variables and the folder that it is given, and no options of the test runner', async () => {
  const code = 'console.log(JSON.stringify([process.cwd(), process.env.GIVEN, process.env.NODE_OPTIONS]))'
  const { stdout } = await Program.module(code, { cwd: '/', env: { GIVEN: 'yes' } }).ended
  expect(JSON.parse(stdout)).toEqual(['/', 'yes', null])
})

test('a bare program inherits the path only', async () => {
  vi.stubEnv('OTHER', 'inherited')
  onTestFinished(() => void vi.unstubAllEnvs())
  const code = 'console.log([process.env.PATH === undefined, process.env.OTHER, process.env.GIVEN].join())'
  const { stdout } = await Program.module(code, { bare: true, env: { GIVEN: 'yes' } }).ended
  expect(stdout).toBe('false,,yes\n')
})

test('messages pass over the channel of a program', async () => {
  await using program = Program.module('process.on("message", (value) => process.send(value * 2))', { ipc: true })
  const answer = new Promise((resolve) => program.child.once('message', resolve))
  program.child.send(21)
  expect(await answer).toBe(42)
})
