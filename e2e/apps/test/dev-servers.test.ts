import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { freePort } from '@idle-shutdown/testing'
import { describe, expect, test } from 'vitest'
import { AppProgram } from '../src/app-program.ts'
import { chosen, DEV_SERVERS, type DevServer } from '../src/apps.ts'
import { explained } from '../src/explained.ts'
import { installed, pinned } from '../src/installation.ts'
import { missingBrowser, Tab } from '../src/tab.ts'

// Servers for development with a tab of a real browser open. The first run installs them, as in apps.test.ts.

/** Longer than a page takes to load its modules, between two requests. */
const PATIENCE = 4000
/** The longest time (ms) from idle to the end of the process. The grace, which must not pass, is 10 s. */
const SOON = 6000

const command = join(dirname(createRequire(import.meta.url).resolve('idle-shutdown/register')), '../main.js')
const servers = chosen(DEV_SERVERS)

if (servers.length === 0) test.skip('IDLE_APPS names no program of this file', () => {})

/** Runs a server with a tab that has loaded its page. */
async function withTab(
  { name, args, shows }: DevServer,
  options: readonly string[],
  look: (program: AppProgram, tab: Tab) => Promise<void>,
): Promise<void> {
  const port = await freePort()
  const run = ['run', '--listen', `127.0.0.1:${port}`, '--patience', `${PATIENCE}ms`, '--json', ...options]
  const env = { NEXT_TELEMETRY_DISABLED: '1' }
  const program = new AppProgram(installed(name), [command, ...run, '--', process.execPath, ...args(port)], env)
  await explained(program, async () => {
    await program.event('listening')
    const tab = await Tab.open()
    try {
      await tab.page.goto(`http://127.0.0.1:${port}/`, { timeout: 120_000 })
      await expect.poll(() => tab.page.textContent('body'), { timeout: 60_000 }).toContain(shows)
      await look(program, tab)
    } finally {
      await tab[Symbol.asyncDispose]()
    }
    program.kill('SIGTERM')
    expect(await program.ended).toMatchObject({ code: 0, signal: null })
  })
}

describe.each(servers.map((server) => [`${server.name} ${pinned(server.name, server.name)}`, server] as const))(
  '%s with a tab open',
  (title, server) => {
    test('sleeps with --upgrades ignore, closes the silent WebSocket with 1001 at once, and the tab wakes it', async ({
      skip,
    }) => {
      skip(missingBrowser() !== undefined, missingBrowser())
      await withTab(server, ['--upgrades', 'ignore'], async (program, tab) => {
        await program.event('ended')
        expect(tab.codes).toEqual([1001])
        const [idle, ended] = ['idle', 'ended'].map((name) => Date.parse(String(program.events(name)[0]?.['time'])))
        expect((ended ?? 0) - (idle ?? 0)).toBeLessThan(SOON)
        // The page tries to connect again, which today starts the server like any other connection.
        await program.event('ready', 2)
        expect(program.events('crashed')).toEqual([])
        const woken = Date.parse(String(program.events('starting')[1]?.['time'])) - (ended ?? 0)
        console.log(
          `${title}: ended after ${(ended ?? 0) - (idle ?? 0)} ms, started again by the tab after ${woken} ms`,
        )
      })
    })

    test('stays up without an option', async ({ skip }) => {
      skip(missingBrowser() !== undefined, missingBrowser())
      await withTab(server, [], async (program, tab) => {
        await tab.page.waitForTimeout(3 * PATIENCE)
        expect(program.events('idle')).toEqual([])
        expect(tab.codes).toEqual([])
      })
    })
  },
)
