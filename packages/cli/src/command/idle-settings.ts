import { IdleUsageError } from '@idle-shutdown/core/tracker'
import { type IdleEnvironment, readSettings } from '../register/settings.ts'
import type { Arguments } from './arguments.ts'
import { wrongUsage } from './command-error.ts'
import { optionsOf } from './option-table.ts'

/**
 * The preload's settings that were given as options, checked by the preload's own reader.
 *
 * @throws CommandError what was given, and what is accepted
 */
export function idleSettings(args: Arguments): IdleEnvironment {
  const settings: Partial<Record<keyof IdleEnvironment, string>> = {}
  for (const { name, setting } of optionsOf(args.subcommand)) {
    if (setting === undefined || !args.has(name)) continue
    const value = args.all(name).join(',')
    checked({ [setting]: value }, (message) => message.replaceAll(setting, `--${name}`))
    settings[setting] = value
  }
  return settings
}

/** Checks the settings that the command will find in its environment, wherever they come from. */
export function checkEnvironment(environment: NodeJS.ProcessEnv): void {
  checked(environment, (message) => `in the environment, ${message}`)
}

function checked(environment: IdleEnvironment | NodeJS.ProcessEnv, said: (message: string) => string): void {
  try {
    readSettings(environment)
  } catch (error) {
    if (error instanceof IdleUsageError) throw wrongUsage(said(error.message))
    throw error
  }
}
