import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { listen } from '../src/index.ts'
import { Program } from './program.ts'

const folder = mkdtempSync(join(tmpdir(), 'activation-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A program that prints the error of `listen()` as `code: message`, and whether anything was left behind. */
const REFUSED = (choice = '{}'): string => `
  const server = hello()
  const before = server.eventNames().length
  const error = await listen(server, 0, ${choice}).catch((error) => error)
  console.log(error.code + ': ' + error.message)
  console.log('left', server.listening, server.eventNames().length - before, Object.hasOwn(server, 'close'))
  server.close()
`

describe('bad input from the supervisor', () => {
  test.each<[name: string, passed: string[], choice: string | undefined, expected: RegExp]>([
    [
      'LISTEN_PID is another process',
      ['tcp', 'LISTEN_PID=1'],
      undefined,
      /^ERR_IDLE_FOREIGN_SOCKETS: LISTEN_PID is '1'( \(.+\))?, but this is process \d+: .*npm or a shell/m,
    ],
    [
      'LISTEN_FDS without LISTEN_PID',
      ['tcp', 'LISTEN_PID='],
      undefined,
      /^ERR_IDLE_FOREIGN_SOCKETS: LISTEN_FDS is set without LISTEN_PID/m,
    ],
    [
      'LISTEN_FDS is no number',
      ['tcp', 'LISTEN_FDS=one'],
      undefined,
      /^ERR_IDLE_INVALID_LISTEN_FDS: LISTEN_FDS is 'one'/m,
    ],
    [
      'LISTEN_FDS is negative',
      ['tcp', 'LISTEN_FDS=-1'],
      undefined,
      /^ERR_IDLE_INVALID_LISTEN_FDS: LISTEN_FDS is '-1'/m,
    ],
    [
      'LISTEN_FDS is more than there are',
      ['tcp', 'LISTEN_FDS=200', 'LISTEN_FDNAMES='],
      undefined,
      /^ERR_IDLE_INVALID_LISTEN_FDS: LISTEN_FDS is 200, but descriptor \d+ is not open/m,
    ],
    [
      'LISTEN_FDNAMES has other names than there are sockets',
      ['tcp', 'LISTEN_FDNAMES=a:b'],
      undefined,
      /^ERR_IDLE_INVALID_LISTEN_FDS: LISTEN_FDNAMES is 'a:b'; accepted are 1 names/m,
    ],
    [
      'a descriptor is no socket',
      ['web@tcp', 'config@file:/dev/null'],
      undefined,
      /^ERR_IDLE_NO_SOCKET: 'config' \(descriptor 4\) is no socket/m,
    ],
    [
      'a named descriptor is no socket',
      ['web@tcp', 'config@file:/dev/null'],
      `{ names: ['config'] }`,
      /^ERR_IDLE_NO_SOCKET: 'config' \(descriptor 4\) is no socket/m,
    ],
    ['a UDP socket', ['dns@udp'], undefined, /^ERR_IDLE_DATAGRAM_SOCKET: 'dns' \(descriptor 3\) is a datagram socket/m],
    [
      'a unix datagram socket',
      [`log@dgram:${join(folder, 'log')}`],
      undefined,
      /^ERR_IDLE_DATAGRAM_SOCKET: 'log' \(descriptor 3\) is a datagram socket/m,
    ],
    [
      'a datagram socket without an address, that is not called notify',
      ['log@pair'],
      undefined,
      /^ERR_IDLE_DATAGRAM_SOCKET: 'log'/m,
    ],
    [
      'a name that does not exist',
      ['web@tcp', 'admin@tcp'],
      `{ names: ['web', 'metrics'] }`,
      /^ERR_IDLE_UNKNOWN_SOCKET: No inherited socket has the name 'metrics'; there are 'web' \(descriptor 3\), 'admin' \(descriptor 4\)/m,
    ],
    [
      'a listening socket where a connection was expected',
      ['web@tcp'],
      `{ kind: 'connection' }`,
      /^ERR_IDLE_SOCKET_KIND: 'web' \(descriptor 3\) is a listening socket; accepted is a connection .*Accept=yes/m,
    ],
  ])('%s', async (_name, passed, choice, expected) => {
    const { stdout } = await Program.activated(passed, REFUSED(choice)).ended
    expect(stdout).toMatch(expected)
    expect(stdout).toContain('left false 0 false')
  })

  test('a name that is served already', async () => {
    const { stdout } = await Program.activated(
      ['web@tcp'],
      `const first = await listen(hello(), 0)
       ${REFUSED(`{ names: ['web'] }`)}
       await first.close()`,
    ).ended
    expect(stdout).toMatch(/^ERR_IDLE_SOCKET_TAKEN: 'web' \(descriptor 3\) is served already/m)
    expect(stdout).toContain('left false 0 false')
  })

  test('what was refused once is refused again, with the same error', async () => {
    const { stdout } = await Program.activated(
      ['tcp', 'LISTEN_FDS=x'],
      `const caught = () => { try { inheritedSockets() } catch (error) { return error } }
       console.log(caught().code, caught() === caught(), 'LISTEN_FDS' in process.env)`,
    ).ended
    expect(stdout).toContain('ERR_IDLE_INVALID_LISTEN_FDS true false')
  })

  test('a refused choice takes nothing: the right one is served', async () => {
    const { stdout } = await Program.activated(
      ['web@tcp', 'config@file:/dev/null'],
      `const server = hello()
       await listen(server, 0).catch(({ code }) => console.log(code))
       const listening = await listen(server, 0, { names: ['web'] })
       console.log(listening.kind)
       await listening.close()`,
    ).ended
    expect(stdout).toMatch(/ERR_IDLE_NO_SOCKET\nlistening\n/)
  })
})

describe('bad input from the program', () => {
  test.each<[name: string, call: () => Promise<unknown>, code: string, message: string]>([
    // @ts-expect-error an app is not a server
    ['an app', () => listen(() => {}, 0), 'ERR_IDLE_INVALID_SERVER', 'is no server'],
    ['a port out of range', () => listen(createServer(), 65_536), 'ERR_IDLE_INVALID_OPTION', 'fallback is 65536'],
    ['no number', () => listen(createServer(), Number.NaN), 'ERR_IDLE_INVALID_OPTION', 'fallback is NaN'],
    // @ts-expect-error the fallback is not optional
    ['no fallback', () => listen(createServer()), 'ERR_IDLE_INVALID_OPTION', 'fallback is undefined'],
    // @ts-expect-error the option is called names
    ['an unknown option', () => listen(createServer(), 0, { name: 'web' }), 'ERR_IDLE_UNKNOWN_OPTION', 'names, kind'],
    // @ts-expect-error names are an array
    ['one name', () => listen(createServer(), 0, { names: 'web' }), 'ERR_IDLE_INVALID_OPTION', `names is 'web'`],
    // @ts-expect-error listening or connection
    ['an unknown kind', () => listen(createServer(), 0, { kind: 'tcp' }), 'ERR_IDLE_INVALID_OPTION', `kind is 'tcp'`],
  ])('%s', async (_name, call, code, message) => {
    await expect(call()).rejects.toMatchObject({ code, message: expect.stringContaining(message) })
  })
})
