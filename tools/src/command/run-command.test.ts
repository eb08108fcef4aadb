import process from 'node:process'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { InputError } from './input-error.ts'
import { runCommand } from './run-command.ts'

const before = process.exitCode

beforeEach(() => {
  process.exitCode = undefined
  vi.spyOn(console, 'error').mockImplementation(() => {})
})

afterEach(() => {
  process.exitCode = before
  vi.restoreAllMocks()
})

it('keeps the exit code 0 when the command succeeds', async () => {
  await runCommand('matrix', () => true)
  expect(process.exitCode).toBeUndefined()
})

it('sets the exit code 1 when what the command checked is wrong', async () => {
  await runCommand('matrix', async () => false)
  expect(process.exitCode).toBe(1)
})

it('prints the error with its code and sets the exit code 2 when the input is wrong', async () => {
  await runCommand('matrix', () => {
    throw new InputError('TOOLS_REPORT_EMPTY', 'The report must contain a test')
  })
  expect(console.error).toHaveBeenCalledWith('matrix: The report must contain a test [TOOLS_REPORT_EMPTY]')
  expect(process.exitCode).toBe(2)
})

it('rejects when the command throws another error', async () => {
  const failing = runCommand('matrix', () => {
    throw new TypeError('x is undefined')
  })
  await expect(failing).rejects.toThrow('x is undefined')
})
