import process from 'node:process'
import type { ListenAddress } from '../listen-address.ts'
import type { HeldAddress, SupervisorInfo } from '../protocol/supervisor-info.ts'
import { Control, type ControlEvents } from './addresses/control-socket.ts'
import { isPortInUse } from './addresses/proxied-port.ts'
import { Watcher } from './command/watcher.ts'
import type { ConnectionRouter } from './connections/connection-router.ts'

/**
 * The resources that a command needs: a private folder with a control socket, a watcher, and its own port if it binds
 * one.
 */
export class Preparation {
  readonly #events: ControlEvents
  readonly #proxy: number | undefined
  readonly #addresses: readonly HeldAddress[]
  readonly watcher: Watcher = new Watcher()
  #control: Control
  #closed = false
  #restoring: Promise<void> | undefined

  /**
   * Connects the processes on the control socket with the router. Calls back when one has exited.
   *
   * @throws NoPrivateFolderError
   */
  static async begin(
    router: ConnectionRouter,
    { addresses, proxy }: { readonly addresses: readonly HeldAddress[]; readonly proxy: number | undefined },
    gone: () => void,
  ): Promise<Preparation> {
    const events: ControlEvents = {
      attached: (link) => router.links.add(link),
      received: (link, message) => router.receive(link, message),
      detached: (link) => {
        router.detach(link)
        gone()
      },
    }
    return new Preparation(events, addresses, proxy, await Control.open(events))
  }

  private constructor(
    events: ControlEvents,
    addresses: readonly HeldAddress[],
    proxy: number | undefined,
    control: Control,
  ) {
    this.#events = events
    this.#addresses = addresses
    this.#proxy = proxy
    this.#control = control
    this.watcher.begin()
  }

  /** Returns the content of the command's environment variable {@link SUPERVISOR_VARIABLE}. */
  get held(): SupervisorInfo {
    const { directory, path } = this.#control
    return { supervisor: process.pid, directory, control: path, addresses: this.#addresses }
  }

  /** Returns the addresses in the form in which they are asked for. */
  get listen(): readonly ListenAddress[] {
    return this.#addresses.map((held) => ('path' in held ? held : { host: held.address, port: held.port }))
  }

  /**
   * Resolves when a command can be started. Before that, the folder may have been swept, and another process may have
   * taken the port.
   *
   * @throws Error with a sentence, if the command cannot be started now
   */
  async ready(): Promise<void> {
    this.watcher.begin()
    await this.restore()
    if (this.#proxy !== undefined && (await isPortInUse(this.#proxy))) {
      throw new Error(`port ${this.#proxy} is in use by another process`)
    }
  }

  /** Creates the folder and the control socket again if they were swept. @throws NoPrivateFolderError */
  async restore(): Promise<void> {
    if (this.#restoring === undefined && this.#control.isIntact) return
    this.#restoring ??= this.#restore().finally(() => {
      this.#restoring = undefined
    })
    await this.#restoring
  }

  /** Removes the folder. */
  close(): void {
    this.#closed = true
    this.watcher.close()
    this.#control.close()
  }

  async #restore(): Promise<void> {
    try {
      await this.#control.restore()
    } catch {
      // The name of the folder belongs to another, or its parent is gone.
      this.#control.close()
      this.#control = await Control.open(this.#events)
    }
    if (this.#closed) this.#control.close()
  }
}
