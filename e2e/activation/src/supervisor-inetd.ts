import { freePort } from '@idle-shutdown/conformance/program'
import { missingPackage, unpacked, withLibraries } from './debian.ts'
import { documentedFile } from './documented.ts'
import { inNamespace, Keeper } from './keeper.ts'
import { missingForNamespaces } from './missing.ts'
import type { Service, Supervisor } from './supervisor.ts'
import { isListening } from './target.ts'
import { serverFile, Workplace } from './workplace.ts'

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
  const config = documentedFile(superserver.configs[kind], here)
  const workplace = new Workplace()
  workplace.write({
    'web/server.js': serverFile(service, '/srv/idle-shutdown', workplace.path('output')),
    config,
  })
  const command = [unpacked(superserver.program) ?? superserver.program, ...superserver.args(workplace.path('config'))]
  const keeper = new Keeper(inNamespace(workplace.folder, withLibraries(command)), { folder: workplace.folder })
  await keeper.up(() => isListening(port))
  return {
    targets: [{ host: '127.0.0.1', port }],
    starts: () => workplace.starts(),
    told: () => keeper.output + workplace.read('output'),
    [Symbol.asyncDispose]: () => keeper[Symbol.asyncDispose](),
  }
}
