import { createServer } from 'node:http'
import { join } from 'node:path'
import { makeTempFolder } from '@idle-shutdown/testing'
import { afterAll, describe, expect, test } from 'vitest'
import { listen } from '../src/index.ts'
import { ActivatedProgram } from './activated-program.ts'

const folder = makeTempFolder(afterAll)

/** A program that prints the error of `listen()` as `code: message`, and whether anything was left behind. */
const REFUSED = (choice = '{}'): string => `
  const server = hello()
  const before = server.eventNames().length
  const error = await listen(server, 0, ${choice}).catch((error) => error)
  console.log(error.code + ': ' + error.message)
  console.log('left', server.listening, server.eventNames().length - before, Object.hasOwn(server, 'close'))
  server.close()
`

describe('listen() throws, and changes nothing, if', () => {
  test.each<[name: string, passed: string[], choice: string | undefined, expected: RegExp]>([
    [
      'LISTEN_PID is another process',
      ['tcp', 'LISTEN_PID=1'],
      undefined,
      /^ERR_IDLE_LISTEN_PID_MISMATCH: "LISTEN_PID" must be \d+, the id of this process\. Received '1'( \(.+\))?, .*npm or a shell/m,
    ],
    [
      'LISTEN_FDS is set without LISTEN_PID',
      ['tcp', 'LISTEN_PID='],
      undefined,
      /^ERR_IDLE_LISTEN_PID_MISMATCH: "LISTEN_PID" must be \d+, .* Received undefined, /m,
    ],
    [
      'LISTEN_FDS is not a number',
      ['tcp', 'LISTEN_FDS=one'],
      undefined,
      /^ERR_IDLE_INVALID_LISTEN_FDS: "LISTEN_FDS" must be the number of passed sockets\. Received 'one'/m,
    ],
    [
      'LISTEN_FDS is negative',
      ['tcp', 'LISTEN_FDS=-1'],
      undefined,
      /^ERR_IDLE_INVALID_LISTEN_FDS: "LISTEN_FDS" must be the number of passed sockets\. Received '-1'/m,
    ],
    [
      'LISTEN_FDS is more than the open descriptors',
      ['tcp', 'LISTEN_FDS=200', 'LISTEN_FDNAMES='],
      undefined,
      /^ERR_IDLE_INVALID_LISTEN_FDS: "LISTEN_FDS" must be .*descriptor \d+ must be open\. Received '200'/m,
    ],
    [
      'LISTEN_FDNAMES has another number of names',
      ['tcp', 'LISTEN_FDNAMES=a:b'],
      undefined,
      /^ERR_IDLE_INVALID_LISTEN_FDS: "LISTEN_FDNAMES" must be 1 names, since LISTEN_FDS is 1\. Received 'a:b'/m,
    ],
    [
      'a descriptor is not a socket',
      ['web@tcp', 'config@file:/dev/null'],
      undefined,
      /^ERR_IDLE_NO_SOCKET: The inherited sockets must be stream sockets .* Received 'config' \(descriptor 4\), not a socket/m,
    ],
    [
      'a named descriptor is not a socket',
      ['web@tcp', 'config@file:/dev/null'],
      `{ names: ['config'] }`,
      /^ERR_IDLE_NO_SOCKET: The inherited sockets must be stream sockets .* Received 'config' \(descriptor 4\), not a socket/m,
    ],
    [
      'a UDP socket was passed',
      ['dns@udp'],
      undefined,
      /^ERR_IDLE_DATAGRAM_SOCKET: .* Received 'dns' \(descriptor 3\), a datagram socket/m,
    ],
    [
      'a unix datagram socket was passed',
      [`log@dgram:${join(folder, 'log')}`],
      undefined,
      /^ERR_IDLE_DATAGRAM_SOCKET: .* Received 'log' \(descriptor 3\), a datagram socket/m,
    ],
    [
      'a datagram socket without an address has a name other than notify',
      ['log@pair'],
      undefined,
      /^ERR_IDLE_DATAGRAM_SOCKET: .* Received 'log'/m,
    ],
    [
      'no socket has the name',
      ['web@tcp', 'admin@tcp'],
      `{ names: ['web', 'metrics'] }`,
      /^ERR_IDLE_UNKNOWN_SOCKET: "names" must have names of inherited sockets: 'web' \(descriptor 3\), 'admin' \(descriptor 4\)\. Received 'metrics'/m,
    ],
    [
      'a listening socket was passed instead of a connection',
      ['web@tcp'],
      `{ kind: 'connection' }`,
      /^ERR_IDLE_SOCKET_KIND: The inherited socket must be a connection .* Received 'web' \(descriptor 3\), a listening socket\. .*Accept=yes/m,
    ],
  ])('%s', async (_name, passed, choice, expected) => {
    const { stdout } = await ActivatedProgram.start(passed, REFUSED(choice)).ended
    expect(stdout).toMatch(expected)
    expect(stdout).toContain('left false 0 false')
  })

  test('a server has the socket of the name already', async () => {
    const { stdout } = await ActivatedProgram.start(
      ['web@tcp'],
      `const first = await listen(hello(), 0)
       ${REFUSED(`{ names: ['web'] }`)}
       await first.close()`,
    ).ended
    expect(stdout).toMatch(/^ERR_IDLE_SOCKET_IN_USE: "names" must have .* Received 'web' \(descriptor 3\)\./m)
    expect(stdout).toContain('left false 0 false')
  })

  test('inheritedSockets() throws the same error at each call', async () => {
    const { stdout } = await ActivatedProgram.start(
      ['tcp', 'LISTEN_FDS=x'],
      `const caught = () => { try { inheritedSockets() } catch (error) { return error } }
       console.log(caught().code, caught() === caught(), 'LISTEN_FDS' in process.env)`,
    ).ended
    expect(stdout).toContain('ERR_IDLE_INVALID_LISTEN_FDS true false')
  })

  test('a call that throws claims no socket, so that the next call serves it', async () => {
    const { stdout } = await ActivatedProgram.start(
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

describe('listen() rejects', () => {
  test.each<[name: string, call: () => Promise<unknown>, code: string, message: string]>([
    // @ts-expect-error an app is not a server
    ['an app', () => listen(() => {}, 0), 'ERR_IDLE_INVALID_SERVER', '"server" must be a server'],
    [
      'a port out of range',
      () => listen(createServer(), 65_536),
      'ERR_IDLE_INVALID_OPTION',
      '"fallback" must be a port, a path, or an object such as',
    ],
    ['NaN', () => listen(createServer(), Number.NaN), 'ERR_IDLE_INVALID_OPTION', 'Received NaN'],
    // @ts-expect-error the fallback is not optional
    ['no fallback', () => listen(createServer()), 'ERR_IDLE_INVALID_OPTION', 'Received undefined'],
    // @ts-expect-error the option is called names
    ['an unknown option', () => listen(createServer(), 0, { name: 'web' }), 'ERR_IDLE_UNKNOWN_OPTION', 'names, kind'],
    [
      'one name',
      // @ts-expect-error names are an array
      () => listen(createServer(), 0, { names: 'web' }),
      'ERR_IDLE_INVALID_OPTION',
      `"names" must be an array of names. Received 'web'`,
    ],
    [
      'an unknown kind',
      // @ts-expect-error listening or connection
      () => listen(createServer(), 0, { kind: 'tcp' }),
      'ERR_IDLE_INVALID_OPTION',
      `"kind" must be 'listening' or 'connection'. Received 'tcp'`,
    ],
  ])('%s', async (_name, call, code, message) => {
    await expect(call()).rejects.toMatchObject({ code, message: expect.stringContaining(message) })
  })
})
