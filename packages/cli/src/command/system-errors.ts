import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import type { ListenAddress } from '../listen-address.ts'
import { showListenAddress } from '../listen-address.ts'
import { NoPrivateFolderError } from '../run/addresses/private-folder.ts'
import { LONGEST_PATH } from '../run/addresses/socket-path.ts'
import type { RunOptions } from '../run/run-options.ts'
import { CommandError } from './command-error.ts'

/** The members of a system error. `port` is that of a listener. */
interface SystemError {
  readonly code: string
  readonly syscall?: string
  readonly address?: string
  /** The name that was looked up. */
  readonly hostname?: string
  readonly port?: number
  readonly message: string
}

/**
 * Returns a {@link CommandError} for a system error of listening on one of the addresses. Returns any other error as it
 * is.
 */
export function listenError(error: unknown, addresses: readonly ListenAddress[]): unknown {
  if (!isSystemError(error)) return error
  const { code, address, port, hostname } = error
  const found = addresses.find((each) => {
    if ('path' in each) return each.path === address
    return hostname === undefined ? each.port === port : each.host === hostname
  })
  const shown = found === undefined ? (address ?? hostname ?? '') : showListenAddress(found)
  const what = found !== undefined && 'path' in found ? `the path ${shown}` : `the address ${shown}`
  switch (code) {
    case 'EADDRINUSE':
      return new CommandError(1, `${what} is in use (EADDRINUSE)`)
    case 'ENAMETOOLONG':
      return new CommandError(
        1,
        `${what} is too long for a unix socket, which takes ${LONGEST_PATH} bytes (ENAMETOOLONG)`,
      )
    case 'EACCES':
      // Node also reports EACCES for a folder that does not exist (Node 20-26).
      if (found !== undefined && 'path' in found && !existsSync(dirname(found.path))) {
        return new CommandError(1, `the folder of ${what} does not exist (ENOENT)`)
      }
      return new CommandError(1, `${what} may not be opened by this user (EACCES)`)
    case 'EADDRNOTAVAIL':
      return new CommandError(1, `${what} is not available on this machine (EADDRNOTAVAIL)`)
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new CommandError(1, `the host of ${shown} was not found (${code})`)
    default:
      return new CommandError(1, `${what} cannot be held (${code})`)
  }
}

/**
 * Returns a {@link CommandError} for a program that was not found or is not executable. Returns any other error as it
 * is.
 */
export function programError(error: unknown): unknown {
  if (!isSystemError(error) || (error.code !== 'ENOENT' && error.code !== 'EACCES')) return error
  return new CommandError(1, `${error.message.replace(/^There/, 'there')} (${error.code})`)
}

/** Returns a {@link CommandError} for an error of {@link Runner.start}. Returns any other error as it is. */
export function startError(error: unknown, { listen }: RunOptions): unknown {
  if (error instanceof NoPrivateFolderError) return new CommandError(1, error.message)
  const listens = isSystemError(error) && ['listen', 'bind', 'getaddrinfo'].includes(error.syscall ?? '')
  return listens ? listenError(error, listen) : programError(error)
}

function isSystemError(error: unknown): error is SystemError {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && /^E[A-Z_]+$/.test(error.code)
}
