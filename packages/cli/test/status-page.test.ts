import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { makeTempFolder } from '@idle-shutdown/testing'
import axe from 'axe-core'
import { type BrowserContext, chromium, type Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { StatusServer } from '../src/status/status-server.ts'
import { StatusSource } from './status-source.ts'

const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium'
/** The folder for screenshots, for people to look at. No screenshots without it. */
const SCREENSHOTS = process.env['IDLE_SCREENSHOTS']
// The browser must not connect to other hosts, and cannot use its sandbox as root.
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking']

// Returns the violations, and the first element of each.
const AXE = `axe.run({ resultTypes: ['violations'] }).then(({ violations }) => violations.map(({ id, nodes }) => [id, nodes[0].html]))`

describe.skipIf(!existsSync(CHROMIUM))('the status page in Chromium (skipped without Chromium)', () => {
  const profile = makeTempFolder(afterAll)
  let browser: BrowserContext
  let source: StatusSource
  let server: StatusServer
  let page: Page
  const problems: string[] = []

  beforeAll(async () => {
    browser = await chromium.launchPersistentContext(profile, {
      executablePath: CHROMIUM,
      args: [...FLAGS, '--disable-component-update', '--disable-sync'],
    })
  }, 60_000)
  afterAll(async () => {
    await browser?.close()
  }, 60_000)

  beforeEach(async () => {
    source = new StatusSource()
    server = new StatusServer(source)
    await server.start({ host: '127.0.0.1', port: 0 })
    const origin = `http://127.0.0.1:${server.address}`
    page = await browser.newPage()
    problems.length = 0
    page.on('pageerror', (error) => problems.push(error.message))
    page.on('console', (message) => message.type() === 'error' && problems.push(message.text()))
    page.on('request', (request) => request.url().startsWith(`${origin}/`) || problems.push(request.url()))
    await page.goto(origin)
  }, 60_000)
  afterEach(async () => {
    await page.close()
    await server.close()
  }, 60_000)

  const look = async (name: string) => {
    if (SCREENSHOTS) await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), fullPage: true })
  }
  const sees = (selector: string, text: string | RegExp) => expect.poll(() => page.textContent(selector)).toMatch(text)

  test('asleep', async () => {
    await sees('#state', 'Asleep')
    await sees('#sentence', 'The next connection starts it.')
    await sees('h1', 'npm start')
    await sees('#no-colds', 'None yet')
    expect(await page.title()).toBe('Asleep: npm start')
    expect(await page.isVisible('#failure')).toBe(false)
    expect(problems).toEqual([])
  })

  test('the countdown runs, and is the same as in the JSON', async () => {
    source.set(awake(100_000))
    await sees('#dial', /^1:[34]\d$/)
    const first = await page.textContent('#dial')
    await expect.poll(() => page.textContent('#dial')).not.toBe(first)
    await sees('#sentence', /Process 4711 is not in use. It ends in 1:[34]\d unless a client connects./)
    await sees('#last-cold-start', '312 ms')
    expect(await page.locator('#colds li').allTextContents()).toEqual(['1.2 s', '640 ms', '312 ms'])
    expect(problems).toEqual([])
  })

  test('reasons are listed as text while the command is in use', async () => {
    const reasons = ['GET /export 12 s', '<b>WebSocket</b> /chat']
    const uncounted = ['stream GET /events (for 12 s, last byte 3 s ago)']
    source.set({ ...awake(), idle: { active: 2, deadline: undefined, patience: 120_000, reasons, uncounted } })
    await sees('#dial', '2')
    await sees('#sentence', 'Process 4711 is in use.')
    await expect.poll(() => page.locator('#reasons li').allTextContents()).toEqual(reasons)
    expect(await page.locator('#uncounted li').allTextContents()).toEqual([`Does not count: ${uncounted[0]}`])
  })

  test('a failure', async () => {
    const lastFailure = { why: 'it ended with code 1', at: Date.now() - 3000 }
    source.set({ state: 'backing-off', failures: 2, waiting: 3, lastFailure })
    await sees('#state', 'Failed')
    await sees('#sentence', '2 times in a row, and is tried again soon. 3 connections wait.')
    await sees('#failure-why', 'it ended with code 1')
    await sees('#failure-when', /s ago/)
    expect(await page.isVisible('#failure')).toBe(true)
  })

  test('the page says when idle-shutdown is gone, keeps its figures, and continues when it is back', async () => {
    await sees('#state', 'Asleep')
    const port = Number(server.address)
    await server.close()
    await expect.poll(() => page.isVisible('#lost')).toBe(true)
    await sees('#state', 'Asleep')
    source.set({ state: 'starting' })
    server = new StatusServer(source)
    await server.start({ host: '127.0.0.1', port })
    await sees('#state', 'Starting')
    expect(await page.isVisible('#lost')).toBe(false)
  })

  describe.each(['light', 'dark'] as const)('%s', (colorScheme) => {
    test.each([
      ['asleep', () => ({ lastFailure: { why: 'it ended with code 1', at: Date.now() - 90_000 } })],
      ['awake', () => awake(100_000)],
    ])(
      'axe finds nothing in %s, and 320 pixels are wide enough',
      async (name, changes) => {
        source.set(changes())
        await page.emulateMedia({ colorScheme })
        await expect.poll(() => page.textContent('#connections')).toBe(String(source.status.connections))
        await look(`${name}-${colorScheme}`)
        await page.evaluate(axe.source)
        expect(await page.evaluate(AXE)).toEqual([])
        await page.setViewportSize({ width: 320, height: 700 })
        expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(320)
        await look(`${name}-${colorScheme}-320`)
        await page.setViewportSize({ width: 1280, height: 720 })
      },
      60_000,
    )

    test('the page has that scheme', async () => {
      await page.emulateMedia({ colorScheme })
      const background = await page.evaluate('getComputedStyle(document.body).backgroundColor')
      expect(background).toBe(colorScheme === 'light' ? 'rgb(244, 245, 248)' : 'rgb(15, 19, 25)')
    })
  })
})

function awake(left?: number): Partial<StatusSource['status']> {
  return {
    state: 'awake',
    pid: 4711,
    starts: 3,
    connections: 1284,
    coldStarts: [1210, 640, 312],
    idle: {
      active: 0,
      deadline: left === undefined ? undefined : Date.now() + left,
      patience: 120_000,
      reasons: [],
      uncounted: [],
    },
  }
}
