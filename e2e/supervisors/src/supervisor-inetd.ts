import { freePort } from '@idle-shutdown/testing'
import { isListening } from './address.ts'
import { missingPackage, unpacked, withLibraries } from './debian.ts'
import { pageConfig } from './page-configs.ts'
import { inNamespace, ProcessGuard } from './process-guard.ts'
import { missingForNamespaces } from './requirements.ts'
import type { Service, Supervisor } from './supervisor.ts'
import { serverFile, TempFolder } from './temp-folder.ts'

/** A superserver of Debian: its program, its documented config, and its arguments. */
export interface Superserver {
  readonly package: string
  readonly program: string
  /** The names of the configs for `wait` and `nowait` on the page. */
  readonly configs: { readonly wait: string; readonly nowait: string }
  readonly args: (config: string) => readonly string[]
}

export const INETD: Superserver = {
  package: 'openbsd-inetd',
  program: 'usr/sbin/inetd',
  configs: { wait: '/etc/inetd.conf', nowait: '/etc/inetd.conf' },
  args: (config) => ['-i', config],
}

export const XINETD: Superserver = {
  package: 'xinetd',
  program: 'usr/sbin/xinetd',
  configs: { wait: '/etc/xinetd.d/web', nowait: '/etc/xinetd.d/each' },
  args: (config) => ['-dontfork', '-f', config],
}

/** Returns the reason why a superserver cannot run here, or `undefined` if it can. */
export function missingSuperserver({ package: name, program }: Superserver): string | undefined {
  return missingForNamespaces() ?? missingPackage(name, program)
}

/**
 * Starts inetd or xinetd with the documented config. With `wait`, the server gets the listening socket. With `nowait`,
 * each connection has a server.
 */
export async function startSuperserver(
  superserver: Superserver,
  kind: 'wait' | 'nowait',
  service: Service,
): Promise<Supervisor> {
  const here = { port: await freePort(), each: await freePort() }
  const port = kind === 'wait' ? here.port : here.each
  const config = pageConfig(superserver.configs[kind], here)
  const temp = new TempFolder()
  temp.write({
    'web/server.js': serverFile(service, '/srv/idle-shutdown', temp.path('output')),
    config,
  })
  const command = [unpacked(superserver.program) ?? superserver.program, ...superserver.args(temp.path('config'))]
  const guard = new ProcessGuard(inNamespace(temp.folder, withLibraries(command)), { folder: temp.folder })
  await guard.up(() => isListening(port))
  return {
    addresses: [{ host: '127.0.0.1', port }],
    starts: () => temp.starts(),
    output: () => guard.output + temp.read('output'),
    [Symbol.asyncDispose]: () => guard[Symbol.asyncDispose](),
  }
}
