import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { KeepAliveClient, makeTempFolder } from '@idle-shutdown/testing'
import { afterAll, describe, expect, test } from 'vitest'
import { ActivatedProgram } from './activated-program.ts'

const folder = makeTempFolder(afterAll)
const ACTIVATION = new URL('../dist/index.js', import.meta.url).href

const worker = join(folder, 'worker.mjs')
writeFileSync(
  worker,
  `import { createServer } from 'node:http'
   import { listen, notify } from '${ACTIVATION}'
   const server = createServer((req, res) => {
     res.setHeader('connection', 'close').end('from a worker')
     // Sent last, so that a message about its own end would have arrived before.
     server.close(async () => {
       await notify({ status: 'gone' })
       process.disconnect()
     })
   })
   try {
     const { kind, sockets, addresses } = await listen(server, 0)
     console.log('worker', JSON.stringify({ kind, sockets, addresses, left: process.env.IDLE_SHUTDOWN_LISTEN }))
   } catch (error) {
     console.log(error.code + ': ' + error.message)
     process.disconnect()
   }`,
)

describe.each([
  ['has read the passed sockets', 'inheritedSockets()'],
  ['has not read them', ''],
])('a cluster worker whose primary %s', (_name, first) => {
  const primary = `
    ${first}
    const { default: cluster } = await import('node:cluster')
    cluster.setupPrimary({ exec: '${worker}', execArgv: [] })
    cluster.fork()`

  test('serves the TCP sockets of its primary', async () => {
    const program = ActivatedProgram.start(['web@tcp', 'admin@tcp'], primary)
    const [web, admin] = await program.addresses(2)
    const said = JSON.parse((await program.printed(/worker (.*)/))[1] ?? '')
    expect(said).toEqual({
      kind: 'listening',
      sockets: [
        { fd: 3, name: 'web', kind: 'listening' },
        { fd: 4, name: 'admin', kind: 'listening' },
      ],
      addresses: [`127.0.0.1:${web?.port}`, `127.0.0.1:${admin?.port}`],
    })
    if (admin === undefined) throw new Error('no address')
    expect((await new KeepAliveClient(admin).ask('/').answer).body).toBe('from a worker')
    expect(await program.ended).toMatchObject({ code: 0, stderr: '' })
  })

  test('throws for a unix socket, which Node cannot share', async () => {
    const path = join(folder, first === '' ? 'a' : 'b')
    const { stdout } = await ActivatedProgram.start([`web@unix:${path}`], primary).ended
    expect(stdout).toMatch(/^ERR_IDLE_CLUSTER_WORKER: .* unix socket, .* Received 'web' \(descriptor 3\)\./m)
  })
})

test('a worker that ends sends no STOPPING=1', async () => {
  const program = ActivatedProgram.start(
    ['web@tcp', `NOTIFY_SOCKET=${join(folder, 'nobody')}`, 'NODE_DEBUG=idle-shutdown', 'PATH=/nowhere'],
    `const { default: cluster } = await import('node:cluster')
     cluster.setupPrimary({ exec: '${worker}', execArgv: [] })
     cluster.fork()`,
  )
  const address = await program.address()
  await program.printed(/worker/)
  expect((await new KeepAliveClient(address).ask('/').answer).body).toBe('from a worker')
  const { stderr } = await program.ended
  expect(stderr).toMatch(/READY=1.*STATUS=gone/s)
  expect(stderr).not.toContain('STOPPING=1')
})

test('a child that is not a worker does not take the passed sockets', async () => {
  const program = ActivatedProgram.start(
    ['web@tcp'],
    `inheritedSockets()
     const { spawnSync } = await import('node:child_process')
     console.log(spawnSync(process.execPath, [...process.execArgv.slice(0, -1),
       "const { inheritedSockets } = await import('${ACTIVATION}'); console.log('child', inheritedSockets())"]) .stdout + '')`,
  )
  expect((await program.ended).stdout).toContain('child []')
})
