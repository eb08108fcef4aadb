import { join } from 'node:path'
import { freePort } from '@idle-shutdown/testing'
import type { Address } from './address.ts'
import { ProcessGuard } from './process-guard.ts'
import type { Service, Supervisor } from './supervisor.ts'
import { HERE, ROOT, serverFile, TempFolder } from './temp-folder.ts'

/**
 * Starts the small supervisor in perl on a TCP and on a unix socket. It needs neither root nor a package outside of
 * Debian's base.
 */
export async function startPerl(service: Service): Promise<Supervisor> {
  const temp = new TempFolder()
  const port = await freePort()
  const socketPath = temp.path('web.sock')
  const addresses: readonly Address[] = [{ host: '127.0.0.1', port }, { socketPath }]
  temp.write({ 'web/server.js': serverFile(service, ROOT, temp.path('output')) })
  const perl = ['perl', join(HERE, 'supervisor.pl'), `127.0.0.1:${port},${socketPath}`]
  const guard = new ProcessGuard([...perl, process.execPath, temp.path('web/server.js')], {
    folder: temp.folder,
    signal: 'TERM',
  })
  await guard.up(() => guard.output.startsWith('listening'))
  return {
    addresses,
    starts: () => temp.starts(),
    output: () => guard.output + temp.read('output'),
    [Symbol.asyncDispose]: () => guard[Symbol.asyncDispose](),
  }
}
