import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BrowserContext, chromium, type Page } from 'playwright-core'

const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium'
// The browser must not connect to other hosts, and cannot use its sandbox as root.
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking']

/** Prints the code of each WebSocket that closes, since no event of the browser's protocol has it. */
const REPORT_CODES = `
  const Native = WebSocket
  globalThis.WebSocket = class extends Native {
    constructor(...args) {
      super(...args)
      this.addEventListener('close', ({ code }) => console.log('closed with ' + code))
    }
  }`

/** Returns the reason why no browser can be started, or `undefined` if one can. */
export function missingBrowser(): string | undefined {
  return existsSync(CHROMIUM) ? undefined : `${CHROMIUM} is not installed: apt-get install chromium`
}

/** A tab of a real browser. */
export class Tab implements AsyncDisposable {
  readonly page: Page
  /** The codes with which its WebSockets were closed. */
  readonly codes: number[] = []
  readonly #browser: BrowserContext
  readonly #profile: string

  /** Starts a browser with an empty profile. */
  static async open(): Promise<Tab> {
    const profile = await mkdtemp(join(tmpdir(), 'idle-shutdown-profile-'))
    const args = [...FLAGS, '--disable-component-update', '--disable-sync']
    const browser = await chromium.launchPersistentContext(profile, { executablePath: CHROMIUM, args })
    const page = await browser.newPage()
    await page.addInitScript(REPORT_CODES)
    return new Tab(page, browser, profile)
  }

  private constructor(page: Page, browser: BrowserContext, profile: string) {
    this.page = page
    this.#browser = browser
    this.#profile = profile
    page.on('console', (message) => {
      const [, code] = /^closed with (\d+)$/.exec(message.text()) ?? []
      if (code !== undefined) this.codes.push(Number(code))
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close()
    await rm(this.#profile, { recursive: true, force: true })
  }
}
