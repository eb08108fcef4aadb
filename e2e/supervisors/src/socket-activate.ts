import { existsSync } from 'node:fs'
import { freePort } from '@idle-shutdown/testing'
import { isListening } from './address.ts'
import { INSTALLATION } from './debian.ts'
import { ProcessGuard } from './process-guard.ts'
import type { Service, Supervisor } from './supervisor.ts'
import { ROOT, serverFile, TempFolder } from './temp-folder.ts'

/** Returns the reason why systemd-socket-activate cannot run here, or `undefined` if it can. */
export function missingSocketActivate(): string | undefined {
  return existsSync('/usr/bin/systemd-socket-activate')
    ? undefined
    : `systemd-socket-activate is not installed: ${INSTALLATION}`
}

/**
 * Starts systemd-socket-activate, which listens on two ports and becomes the server at the first connection. So there
 * is one start, and the sockets end with the server. With `accept`, systemd-socket-activate starts a server for each
 * connection, and stays.
 */
export async function startSocketActivate(service: Service, accept: boolean): Promise<Supervisor> {
  const ports = accept ? [await freePort()] : [await freePort(), await freePort()]
  const temp = new TempFolder()
  temp.write({ 'web/server.js': serverFile(service, ROOT, temp.path('output')) })
  const flags = accept ? ['--accept'] : ['--fdname=one:two']
  const listen = ports.map((port) => `--listen=127.0.0.1:${port}`)
  const server = ['-E', 'PATH', process.execPath, temp.path('web/server.js')]
  const guard = new ProcessGuard(['systemd-socket-activate', ...listen, ...flags, ...server], { folder: temp.folder })
  await guard.up(() => ports.every(isListening))
  return {
    addresses: ports.map((port) => ({ host: '127.0.0.1', port })),
    starts: () => temp.starts(),
    output: () => guard.output + temp.read('output'),
    [Symbol.asyncDispose]: () => guard[Symbol.asyncDispose](),
  }
}
