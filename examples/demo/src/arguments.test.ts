import { describe, expect, it } from 'vitest'
import { readArguments } from './arguments.ts'

describe('readArguments', () => {
  it('returns the defaults without arguments', () => {
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
    [['--patience', 'soon'], "--patience must be a duration from 100ms to 1h, such as 500ms or 3s. Received 'soon'"],
    [['--length', '0'], "--length must be a duration from 100ms to 1h, such as 500ms or 3s. Received '0'"],
    [['--patience', 'Infinity'], /^--patience must be .* Received 'Infinity'$/],
    [['--patience', '2h'], /^--patience must be .* Received '2h'$/],
    [['--patince', '3s'], "Unknown option '--patince'. The options are --patience and --length"],
    [['--patience'], /argument missing\. The options are --patience and --length$/],
    [['now'], "Unexpected argument 'now'. The options are --patience and --length"],
  ])('throws a usage error for %j', (args, message) => {
    expect(() => readArguments(args)).toThrow(message)
  })
})
