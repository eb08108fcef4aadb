import { describe, expect, it } from 'vitest'
import { readArguments } from './arguments.ts'

describe('readArguments', () => {
  it('has defaults', () => {
    expect(readArguments([])).toEqual({ patience: 3000, length: 4000, help: false })
  })

  it.each([
    [['--patience', '500ms'], { patience: 500 }],
    [['--length=1.5s'], { length: 1500 }],
    [['--length', '800'], { length: 800 }],
    [['--help'], { help: true }],
  ])('reads %j', (args, expected) => {
    expect(readArguments(args)).toMatchObject(expected)
  })

  it.each([
    [['--patience', 'soon'], "--patience is 'soon'; accepted is a duration from 100ms to 1h, such as 500ms or 3s"],
    [['--length', '0'], "--length is '0'; accepted is a duration from 100ms to 1h, such as 500ms or 3s"],
    [['--patience', 'Infinity'], /^--patience is 'Infinity'; accepted is/],
    [['--patience', '2h'], /^--patience is '2h'; accepted is/],
    [['--patince', '3s'], "Unknown option '--patince'; accepted are --patience and --length"],
    [['--patience'], /argument missing; accepted are --patience and --length$/],
    [['now'], "Unexpected argument 'now'; accepted are --patience and --length"],
  ])('refuses %j', (args, message) => {
    expect(() => readArguments(args)).toThrow(message)
  })
})
