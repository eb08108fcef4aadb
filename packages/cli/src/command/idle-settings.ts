import { IdleUsageError } from '@idle-shutdown/core/tracker'
import { type IdleEnvironment, readSettings, warnOfShortPatience } from '../settings.ts'
import type { Arguments } from './arguments.ts'
import { wrongUsage } from './command-error.ts'
import { optionsOf } from './option-table.ts'

/**
 * Returns the preload's settings that were given as options, validated by the preload's own reader.
 *
 * @throws CommandError with the value that was received
 */
export function idleSettings(args: Arguments): IdleEnvironment {
  const settings: Partial<Record<keyof IdleEnvironment, string>> = {}
  for (const { name, setting } of optionsOf(args.subcommand)) {
    if (setting === undefined || !args.has(name)) continue
    const value = args.all(name).join(',')
    checked({ [setting]: value }, (message) => message.replaceAll(setting, `--${name}`))
    warnOfShortPatience({ [setting]: value }, () => `--${name}`)
    settings[setting] = value
  }
  return settings
}

/**
 * Validates the settings that the command will find in its environment. Warns of a patience in the environment without
 * a unit, unless an option replaces it.
 *
 * @param given the settings from options
 * @throws CommandError for an invalid setting
 */
export function checkEnvironment(environment: NodeJS.ProcessEnv, given: IdleEnvironment): void {
  checked({ ...environment, ...given }, (message) => `in the environment, ${message}`)
  warnOfShortPatience({ ...environment, ...Object.fromEntries(Object.keys(given).map((name) => [name, undefined])) })
}

function checked(environment: IdleEnvironment | NodeJS.ProcessEnv, said: (message: string) => string): void {
  try {
    readSettings(environment)
  } catch (error) {
    if (error instanceof IdleUsageError) throw wrongUsage(said(error.message))
    throw error
  }
}
