import { join } from 'node:path'
import { freePort } from '@idle-shutdown/conformance/program'
import { Keeper } from './keeper.ts'
import type { Service, Supervisor } from './supervisor.ts'
import type { Target } from './target.ts'
import { HERE, ROOT, serverFile, Workplace } from './workplace.ts'

/**
 * Starts the small supervisor in perl on a TCP and on a unix socket. It needs neither root nor a package outside of
 * Debian's base.
 */
export async function startPerl(service: Service): Promise<Supervisor> {
  const workplace = new Workplace()
  const port = await freePort()
  const socketPath = workplace.path('web.sock')
  const targets: readonly Target[] = [{ host: '127.0.0.1', port }, { socketPath }]
  workplace.write({ 'web/server.js': serverFile(service, ROOT, workplace.path('output')) })
  const perl = ['perl', join(HERE, 'supervisor.pl'), `127.0.0.1:${port},${socketPath}`]
  const keeper = new Keeper([...perl, process.execPath, workplace.path('web/server.js')], {
    folder: workplace.folder,
    signal: 'TERM',
  })
  await keeper.up(() => keeper.output.startsWith('listening'))
  return {
    targets,
    starts: () => workplace.starts(),
    told: () => keeper.output + workplace.read('output'),
    [Symbol.asyncDispose]: () => keeper[Symbol.asyncDispose](),
  }
}
