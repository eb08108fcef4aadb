import { expect, it } from 'vitest'
import { soakArguments } from './soak-command.ts'

it('passes all arguments on', () => {
  expect(soakArguments(['--length', '45s'])).toEqual(['soak/dist/main.js', '--length', '45s'])
  expect(soakArguments([])).toEqual(['soak/dist/main.js'])
})

it('runs the soak of the command when the first argument is supervised', () => {
  expect(soakArguments(['supervised', '--length', '45s'])).toEqual(['soak/dist/supervised/main.js', '--length', '45s'])
})
