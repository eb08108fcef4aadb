import { join } from 'node:path'
import { type Address, KeepAliveClient, Program } from '@idle-shutdown/testing'
import { onTestFinished, vi } from 'vitest'

// Each test starts one to three processes, which takes long on a busy machine.
vi.setConfig({ testTimeout: 60_000 })

/** The folder from which programs import packages by name. */
const cwd = join(import.meta.dirname, '..')
const dist = (name: string): string => new URL(`../../${name}/dist/index.js`, import.meta.url).href

/** The names that a program can use without importing them. */
export const IMPORTS: string = `
import { once } from 'node:events'
import * as fs from 'node:fs'
import * as http from 'node:http'
import * as net from 'node:net'
import { idleShutdown } from '${dist('core')}'
import { inheritedSockets, listen, notify } from '${dist('activation')}'
// Idle once so many clients were answered, however late they connect.
const idleAfter = (answers, server) => {
  const idle = idleShutdown(server, { patience: '50ms' })
  const hold = idle.tracker.hold()
  const answered = () => --answers === 0 && hold.release()
  const http = server.listenerCount('request') > 0
  if (http) server.on('request', (req, res) => res.on('close', answered))
  else server.on(server.listenerCount('secureConnection') > 0 ? 'secureConnection' : 'connection', (socket) => socket.on('close', answered))
  return idle
}
const hello = () => http.createServer((req, res) => res.end('Hello'))
`

/** A program, given as the text of an ES module, in its own process. It uses the built packages, as users do. */
export class ActivatedProgram extends Program {
  /**
   * Starts the program like a supervisor that passes sockets: see pass.pl. Its own environment is nearly empty, as
   * under inetd.
   */
  static start(passed: readonly string[], source: string): ActivatedProgram {
    const node = [process.execPath, '--input-type=module', '-e', IMPORTS + source]
    return new ActivatedProgram([join(import.meta.dirname, 'pass.pl'), ...passed, '--', ...node], {
      command: 'perl',
      cwd,
      bare: true,
    })
  }

  /** Returns the TCP sockets that were passed to the program, in order. */
  async addresses(count: number): Promise<readonly { host: string; port: number }[]> {
    await this.printed(new RegExp(`(port \\d+\n.*){${count}}`, 's'))
    return [...this.stdout.matchAll(/^port (\d+)$/gm)].map(([, port]) => ({ host: '127.0.0.1', port: Number(port) }))
  }

  /** Returns the TCP socket that was passed to the program. */
  async address(): Promise<{ host: string; port: number }> {
    const [address] = await this.addresses(1)
    if (address === undefined) throw new Error('No TCP socket was passed')
    return address
  }
}

/** Starts a program as a user does by hand, with `env` added. */
export function byHand(source: string, env: NodeJS.ProcessEnv = {}): Program {
  return Program.module(IMPORTS + source, { cwd, env, bare: true })
}

/** Returns a client that keeps its connection until the test has finished. */
export function keptClient(address: Address, secure = false): KeepAliveClient {
  const client = new KeepAliveClient(address, secure)
  onTestFinished(() => client.destroy())
  return client
}
