import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import {
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { connect, createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { freePort, makeTempFolder } from '@idle-shutdown/testing'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { listenError } from '../src/command/system-errors.ts'
import { AddressListener } from '../src/run/addresses/address-listener.ts'
import { LONGEST_PATH, listenAt } from '../src/run/addresses/socket-path.ts'
import { StatusServer } from '../src/status/status-server.ts'
import { callHere } from './command.ts'
import { StatusSource } from './status-source.ts'

const temp = makeTempFolder(afterAll)
const undo: (() => void)[] = []
afterEach(() => {
  for (const one of undo.splice(0)) one()
})

let count = 0
function fresh(): string {
  return join(temp, `${count++}`)
}

async function listening(path: string): Promise<Server> {
  const server = createServer((socket) => socket.on('error', () => {}).end('other'))
  await once(server.listen(path), 'listening')
  undo.push(() => server.close())
  return server
}

/** Creates a socket on which no process listens any more, as a killed process leaves it. */
async function leftOver(path: string): Promise<void> {
  const server = createServer()
  await once(server.listen(`${path}.bound`), 'listening')
  linkSync(`${path}.bound`, path)
  server.close()
}

async function answer(path: string): Promise<string> {
  let text = ''
  const socket = connect(path).setEncoding('utf8')
  socket.on('data', (chunk) => (text += chunk))
  await once(socket, 'close')
  return text
}

/** The kind of file, and how to create it at a path. */
const kinds: [string, (path: string) => void | Promise<void>][] = [
  ['a file', (path) => writeFileSync(path, 'precious')],
  ['a folder', (path) => mkdirSync(path)],
  [
    'a symbolic link to a file',
    (path) => {
      writeFileSync(`${path}.to`, 'precious')
      symlinkSync(`${path}.to`, path)
    },
  ],
  ['a symbolic link to nothing', (path) => symlinkSync(`${path}.nothing`, path)],
  [
    'a symbolic link to a socket that is left over',
    async (path) => {
      await leftOver(`${path}.to`)
      symlinkSync(`${path}.to`, path)
    },
  ],
  ['a pipe, as a device', (path) => void execFileSync('sh', ['-c', 'mkfifo "$0"', path])],
]

describe.skipIf(process.platform === 'win32')('a path that is not a free unix socket is left alone', () => {
  test.each(kinds)('%s', async (_, make) => {
    const path = fresh()
    await make(path)
    const before = lstatSync(path)
    await expect(new AddressListener({ path }, () => {}).open()).rejects.toMatchObject({ code: 'EADDRINUSE' })
    await expect(new StatusServer(new StatusSource()).start({ path })).rejects.toMatchObject({ code: 'EADDRINUSE' })
    const { ino, mode, size } = lstatSync(path)
    expect({ ino, mode, size }).toEqual({ ino: before.ino, mode: before.mode, size: before.size })
  })

  test('a socket in use', async () => {
    const path = fresh()
    await listening(path)
    await expect(new AddressListener({ path }, () => {}).open()).rejects.toMatchObject({ code: 'EADDRINUSE' })
    expect(await answer(path)).toBe('other')
  })

  test('one sentence and exit code 1, for --listen and for --status', async () => {
    const path = fresh()
    writeFileSync(path, 'precious')
    const port = String(await freePort())
    for (const args of [
      ['--listen', path],
      ['--listen', port, '--status', path],
    ]) {
      expect(await callHere(['run', ...args, 'node', 'x.js'])).toEqual({
        code: 1,
        stdout: '',
        stderr: `idle-shutdown: the path ${path} is in use (EADDRINUSE)\n`,
      })
    }
    expect(readFileSync(path, 'utf8')).toBe('precious')
  })
})

describe.skipIf(process.platform === 'win32')('a socket that a killed process left', () => {
  test('is replaced, for --listen and for --status', async () => {
    const path = fresh()
    for (const hold of [
      new AddressListener({ path }, (socket) => socket.end('held')),
      new StatusServer(new StatusSource()),
    ]) {
      await leftOver(path)
      await ('open' in hold ? hold.open() : hold.start({ path }))
      expect(lstatSync(path).isSocket()).toBe(true)
      await hold.close()
      expect(existsSync(path)).toBe(false)
    }
  })
})

describe.skipIf(process.platform === 'win32')('close() removes its own socket only', () => {
  test('the socket of another process that has replaced it still answers', async () => {
    const path = fresh()
    const listener = new AddressListener({ path }, () => {})
    await listener.open()
    unlinkSync(path)
    await listening(path)
    listener.close()
    expect(await answer(path)).toBe('other')
  })

  test.each(kinds)('%s that has replaced it stays', async (_, make) => {
    const path = fresh()
    const listener = new AddressListener({ path }, () => {})
    await listener.open()
    unlinkSync(path)
    await make(path)
    const { ino, mode } = lstatSync(path)
    listener.close()
    expect(lstatSync(path)).toMatchObject({ ino, mode })
  })

  test('a second close() removes nothing', async () => {
    const path = fresh()
    const listener = new AddressListener({ path }, () => {})
    await listener.open()
    listener.close()
    await listening(path)
    listener.close()
    expect(await answer(path)).toBe('other')
  })
})

test.skipIf(process.platform === 'win32')('a path that is too long is refused, and not truncated', async () => {
  const path = join(temp, 'x'.repeat(LONGEST_PATH))
  await expect(listenAt(createServer(), { path })).rejects.toMatchObject({ code: 'ENAMETOOLONG', address: path })
  const { code, stderr } = await callHere(['run', '--listen', path, 'node', 'x.js'])
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('is too long for a unix socket') })
})

test.skipIf(process.platform === 'win32')('a path in a folder that does not exist', async () => {
  const { code, stderr } = await callHere(['run', '--listen', join(temp, 'missing', 'x'), 'node', 'x.js'])
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: expect.stringMatching(/the folder of the path \S+ does not exist/),
  })
})

test.each(['ENOTFOUND', 'EAI_AGAIN'])('an unknown host is named on %s', (code) => {
  const error = Object.assign(new Error(code), { code, syscall: 'getaddrinfo', hostname: 'web.invalid' })
  expect(listenError(error, [{ port: 80 }, { host: 'web.invalid', port: 3000 }])).toMatchObject({
    message: `the host of web.invalid:3000 was not found (${code})`,
  })
})
