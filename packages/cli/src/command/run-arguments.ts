import { IdleUsageError, milliseconds } from '@idle-shutdown/core/tracker'
import type { ListenAddress } from '../listen-address.ts'
import { showListenAddress } from '../listen-address.ts'
import type { RunOptions } from '../run/run-options.ts'
import type { Arguments } from './arguments.ts'
import { wrongUsage } from './command-error.ts'
import { environmentVariables } from './environment-variables.ts'
import { checkEnvironment, idleSettings } from './idle-settings.ts'
import { parseListenAddress, parsePort } from './parse-listen-address.ts'

/** A validated command line of `idle-shutdown run`. */
export interface RunArguments {
  readonly run: RunOptions
  /** The address of the status page. */
  readonly status: ListenAddress | undefined
  readonly print: 'lines' | 'failures' | 'json'
}

/**
 * Validates a command line of `idle-shutdown run`.
 *
 * @throws CommandError for the first error
 */
export function runArguments(args: Arguments, environment: NodeJS.ProcessEnv): RunArguments {
  const listen = listenAddresses(args)
  const proxy = args.one('proxy')
  if (proxy !== undefined && listen.length > 1)
    throw wrongUsage(`"--proxy" must be given with one --listen. Received ${listen.length}`)
  const cwd = args.one('cwd')
  const readyTimeout = args.one('ready-timeout')
  const maxQueue = args.one('max-queue')
  const env = environmentVariables(args.all('env'))
  const idle = idleSettings(args)
  checkEnvironment({ ...environment, ...env }, idle)
  if (args.has('json') && args.has('quiet'))
    throw wrongUsage('"--json" must be given without --quiet. Remove one of them')
  return {
    run: {
      listen,
      command: commandOf(args),
      idle,
      env,
      ...(cwd !== undefined && { cwd }),
      // stdout carries only the events.
      ...(args.has('json') && { stdout: 'stderr' as const }),
      ...(proxy !== undefined && { proxy: proxyPort(proxy, listen) }),
      ...(readyTimeout !== undefined && { readyTimeout: duration('--ready-timeout', readyTimeout) }),
      ...(maxQueue !== undefined && { maxQueue: count('--max-queue', maxQueue) }),
    },
    status: statusAddress(args, listen),
    print: args.has('json') ? 'json' : args.has('quiet') ? 'failures' : 'lines',
  }
}

/** Returns the command, which must be given. */
export function commandOf({ command, subcommand }: Arguments): [string, ...string[]] {
  const [file, ...rest] = command
  if (!file) throw wrongUsage(`"COMMAND" must be given. Write idle-shutdown ${subcommand} … -- COMMAND`)
  return [file, ...rest]
}

/** Returns the addresses of `--listen`: at least one, and none twice. */
export function listenAddresses(args: Arguments): ListenAddress[] {
  const addresses = args.all('listen').map((text) => parseListenAddress('--listen', text))
  if (addresses.length === 0) throw wrongUsage('"--listen" must be given. Write --listen 3000')
  refuseTwice(addresses)
  return addresses
}

function refuseTwice(addresses: readonly ListenAddress[]): void {
  const seen = new Set<string>()
  for (const shown of addresses.map(showListenAddress)) {
    if (seen.has(shown)) throw wrongUsage(`each address must be given once. Received ${shown} twice`)
    seen.add(shown)
  }
}

function statusAddress(args: Arguments, listen: readonly ListenAddress[]): ListenAddress | undefined {
  const text = args.one('status')
  if (text === undefined) return undefined
  const address = parseListenAddress('--status', text, 0)
  refuseTwice([...listen, address])
  return 'port' in address ? { host: '127.0.0.1', ...address } : address
}

function proxyPort(text: string, listen: readonly ListenAddress[]): number {
  const port = parsePort('--proxy', text)
  if (listen.some((address) => 'port' in address && address.port === port)) {
    throw wrongUsage(
      `"--proxy" must be a port that --listen does not hold. Received ${port}. Let COMMAND listen on another port`,
    )
  }
  return port
}

function count(option: string, text: string): number {
  if (/^\d{1,9}$/.test(text) && Number(text) > 0) return Number(text)
  throw wrongUsage(`"${option}" must be a whole number from 1. Received '${text}'`)
}

function duration(option: string, text: string): number {
  try {
    return milliseconds(option, text === 'Infinity' ? Number.POSITIVE_INFINITY : text)
  } catch (error) {
    if (error instanceof IdleUsageError) throw wrongUsage(error.message)
    throw error
  }
}
