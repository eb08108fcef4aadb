import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { makeTempFolder } from '@idle-shutdown/testing'
import { expect, onTestFinished, test } from 'vitest'
import { boundAddress } from './socket-address.ts'

const fdOf = (server: object): number => Number(Reflect.get(Object(Reflect.get(server, '_handle')), 'fd'))

test.runIf(process.platform === 'linux')('reads the address of a listening socket from the kernel', async () => {
  for (const host of ['127.0.0.1', '::1', '::', '0.0.0.0']) {
    const server = createServer().listen(0, host)
    const error = await Promise.race([once(server, 'listening').then(() => undefined), once(server, 'error')])
    // A machine without IPv6.
    if (error !== undefined) continue
    expect(boundAddress(fdOf(server))).toEqual(server.address())
    server.close()
  }
  const folder = makeTempFolder(onTestFinished)
  const path = join(folder, 'a path.sock')
  const server = createServer().listen(path)
  await once(server, 'listening')
  expect(boundAddress(fdOf(server))).toBe(path)
  server.close()
  expect(boundAddress(2 ** 30)).toBeUndefined()
})
