import { existsSync } from 'node:fs'
import { freePort } from '@idle-shutdown/conformance/program'
import { Keeper } from './keeper.ts'
import type { Service, Supervisor } from './supervisor.ts'
import { isListening } from './target.ts'
import { ROOT, serverFile, Workplace } from './workplace.ts'

/** Returns the reason why systemd-socket-activate cannot run here, or `undefined` if it can. */
export function missingSocketActivate(): string | undefined {
  return existsSync('/usr/bin/systemd-socket-activate') ? undefined : 'systemd-socket-activate is not installed'
}

/**
 * Starts systemd-socket-activate, which listens on two ports and becomes the server at the first connection. So there
 * is one start, and the sockets end with the server. With `accept`, systemd-socket-activate starts a server for each
 * connection, and stays.
 */
export async function startSocketActivate(service: Service, accept: boolean): Promise<Supervisor> {
  const ports = accept ? [await freePort()] : [await freePort(), await freePort()]
  const workplace = new Workplace()
  workplace.write({ 'web/server.js': serverFile(service, ROOT, workplace.path('output')) })
  const flags = accept ? ['--accept'] : ['--fdname=one:two']
  const listen = ports.map((port) => `--listen=127.0.0.1:${port}`)
  const server = ['-E', 'PATH', process.execPath, workplace.path('web/server.js')]
  const keeper = new Keeper(['systemd-socket-activate', ...listen, ...flags, ...server], { folder: workplace.folder })
  await keeper.up(() => ports.every(isListening))
  return {
    targets: ports.map((port) => ({ host: '127.0.0.1', port })),
    starts: () => workplace.starts(),
    told: () => keeper.output + workplace.read('output'),
    [Symbol.asyncDispose]: () => keeper[Symbol.asyncDispose](),
  }
}
