import { chmodSync, lstatSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { freePort, makeTempFolder, Program } from '@idle-shutdown/testing'
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest'
import { startError } from '../src/command/system-errors.ts'
import type { SupervisorInfo } from '../src/protocol/supervisor-info.ts'
import { Control } from '../src/run/addresses/control-socket.ts'
import {
  inPrivateFolder,
  mark,
  NoPrivateFolderError,
  PrivateFolder,
  unmark,
} from '../src/run/addresses/private-folder.ts'
import { ConnectionRouter } from '../src/run/connections/connection-router.ts'
import { Preparation } from '../src/run/preparation.ts'
import { COMMAND } from './command.ts'
import { routerEvents } from './router-events.ts'
import { program } from './supervisor.ts'

vi.setConfig({ testTimeout: 60_000 })

const temp = makeTempFolder(afterAll)
afterEach(() => vi.unstubAllEnvs())

let count = 0
function fresh(): string {
  const path = join(temp, `${count++}`)
  mkdirSync(path)
  return path
}

function router(): ConnectionRouter {
  return new ConnectionRouter(1, 1, routerEvents())
}

const NOBODY = { attached() {}, received() {}, detached() {} }

describe.skipIf(process.platform === 'win32')('a private folder', () => {
  test('only its user can enter it', () => {
    const folder = PrivateFolder.in(fresh())
    expect(lstatSync(folder.path).mode & 0o777).toBe(0o700)
    expect(folder.isIntact).toBe(true)
    folder.remove()
    expect(folder.isIntact).toBe(false)
  })

  test.each<[string, (path: string) => void]>([
    ['removed', (path) => rmSync(path, { recursive: true })],
    ['open to others', (path) => chmodSync(path, 0o755)],
    [
      'another of that name',
      (path) => {
        renameSync(path, `${path}.old`)
        mkdirSync(path, { mode: 0o700 })
      },
    ],
    [
      'a symbolic link',
      (path) => {
        renameSync(path, `${path}.old`)
        symlinkSync(`${path}.old`, path)
      },
    ],
    [
      'a file',
      (path) => {
        rmSync(path, { recursive: true })
        writeFileSync(path, '')
      },
    ],
  ])('is neither used nor removed when it is %s', (_, change) => {
    const folder = PrivateFolder.in(fresh())
    change(folder.path)
    const before = lstatSync(folder.path, { throwIfNoEntry: false })
    expect(folder.isIntact).toBe(false)
    folder.remove()
    expect(lstatSync(folder.path, { throwIfNoEntry: false })?.ino).toBe(before?.ino)
  })

  test('a mark in a swept folder does not throw', () => {
    const folder = PrivateFolder.in(fresh())
    const held: SupervisorInfo = { supervisor: 0, directory: folder.path, control: '', addresses: [] }
    mark(held, 0)
    expect(readdirSync(folder.path)).toEqual(['claimed-0'])
    unmark(held, 0)
    expect(readdirSync(folder.path)).toEqual([])
    folder.remove()
    mark(held, 0)
    unmark(held, 0)
  })

  test.each([
    ['missing', () => join(temp, 'missing')],
    [
      'a file',
      () => {
        const path = join(fresh(), 'file')
        writeFileSync(path, '')
        return path
      },
    ],
    [
      'too long for sockets',
      () => {
        const path = join(fresh(), 'x'.repeat(80))
        mkdirSync(path)
        return path
      },
    ],
  ])('the folder of the session is used when the temporary folder is %s', async (_, make) => {
    const runtime = fresh()
    vi.stubEnv('TMPDIR', make())
    vi.stubEnv('XDG_RUNTIME_DIR', runtime)
    const control = await Control.open(NOBODY)
    expect(control.directory.startsWith(`${runtime}/`)).toBe(true)
    expect(control.isIntact).toBe(true)
    control.close()
    expect(readdirSync(runtime)).toEqual([])
  })

  test('one sentence names each folder when no folder takes a socket', async () => {
    vi.stubEnv('TMPDIR', join(temp, 'missing'))
    vi.stubEnv('XDG_RUNTIME_DIR', join(temp, 'x'.repeat(80)))
    const error: unknown = await inPrivateFolder(() => Promise.reject(new Error('no sockets here'))).catch((no) => no)
    expect(error).toBeInstanceOf(NoPrivateFolderError)
    expect(startError(error, { listen: [], command: ['node'] })).toMatchObject({
      exitCode: 1,
      message: expect.stringMatching(
        /^no folder for private sockets: .*ENOENT.*too long.*no sockets here\. Set TMPDIR/,
      ),
    })
  })

  test('a removed control socket is noticed', async () => {
    vi.stubEnv('TMPDIR', fresh())
    const control = await Control.open(NOBODY)
    rmSync(control.path)
    expect(control.isIntact).toBe(false)
    await control.restore()
    expect(control.isIntact).toBe(true)
    control.close()
  })

  test('is restored under the same names while the command runs, and under others if the name is taken', async () => {
    vi.stubEnv('TMPDIR', fresh())
    const preparation = await Preparation.begin(router(), { addresses: [], proxy: undefined }, () => {})
    const { directory, control } = preparation.held
    rmSync(directory, { recursive: true })
    await Promise.all([preparation.restore(), preparation.restore()])
    expect(preparation.held).toMatchObject({ directory, control })
    expect(lstatSync(control).isSocket()).toBe(true)
    rmSync(directory, { recursive: true })
    mkdirSync(directory)
    await preparation.ready()
    expect(preparation.held.directory).not.toBe(directory)
    preparation.close()
    expect(readdirSync(join(directory, '..'))).toEqual([basename(directory)])
  })
})

test.skipIf(process.platform === 'win32')(
  'the next client is answered when the folder is swept, while the command sleeps or runs',
  async () => {
    const [port, folder] = [await freePort(), fresh()]
    const args = [
      'run',
      '--json',
      '--listen',
      `127.0.0.1:${port}`,
      '--patience',
      '300ms',
      '--',
      ...program('answer.js'),
    ]
    const run = new Program([COMMAND, ...args], { env: { TMPDIR: folder } })
    const ask = async (): Promise<number> =>
      (await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: 'close' } })).status
    const sweep = (): void => {
      for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true })
    }
    await run.printed(/"event":"listening"/)
    sweep()
    expect(await ask()).toBe(200)
    sweep()
    for (const nth of [1, 2]) {
      await run.printed(new RegExp(`("event":"ended"[^]*){${nth}}`))
      expect(await ask()).toBe(200)
    }
    run.kill('SIGTERM')
    const { code, stdout } = await run.ended
    expect({ code, crashed: stdout.includes('crashed'), left: readdirSync(folder) }).toEqual({
      code: 0,
      crashed: false,
      left: [],
    })
  },
)
