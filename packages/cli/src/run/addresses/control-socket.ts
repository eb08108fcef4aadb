import { lstatSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import process from 'node:process'
import { jsonLines } from '../../protocol/lines.ts'
import { type ToSupervisor, tagged } from '../../protocol/messages.ts'
import { fromProcess } from '../../protocol/received.ts'
import { ProcessLink } from '../connections/process-link.ts'
import { inPrivateFolder, type PrivateFolder } from './private-folder.ts'
import { type BoundAddress, listenAt } from './socket-path.ts'

/** Receives the events of a control socket. */
export interface ControlEvents {
  attached(link: ProcessLink): void
  received(link: ProcessLink, message: ToSupervisor): void
  detached(link: ProcessLink): void
}

/** The largest number of processes that are connected at the same time. */
const MOST = 1000

/** The largest number of unsent bytes. A process that lets more pile up does not read, and is disconnected. */
const MOST_UNREAD = 2 ** 20

/**
 * Accepts connections of processes that are not the supervisor's own children, on a socket in a private folder. Reads
 * one JSON message a line. Disconnects a process that sends anything else, or does not read.
 */
export class Control {
  readonly path: string
  readonly #events: ControlEvents
  #folder: PrivateFolder
  #bound: BoundAddress

  /** @throws NoPrivateFolderError if a socket can be bound in no folder */
  static open(events: ControlEvents): Promise<Control> {
    return inPrivateFolder(async (folder) => {
      const name = folder.path.replace(/^.*[/\\]/, '')
      const path = process.platform === 'win32' ? `\\\\.\\pipe\\${name}-${process.pid}` : join(folder.path, 'control')
      return new Control(events, folder, path, await listen(path, events))
    })
  }

  private constructor(events: ControlEvents, folder: PrivateFolder, path: string, bound: BoundAddress) {
    this.#events = events
    this.#folder = folder
    this.path = path
    this.#bound = bound
  }

  /**
   * Creates the folder and the socket again if they are missing. Keeps their names, which a running command knows.
   * @throws the system's error
   */
  async restore(): Promise<void> {
    this.#folder = this.#folder.again()
    if (this.isIntact) return
    this.#bound.stop()
    this.#bound = await listen(this.path, this.#events)
  }

  /** Returns the path of the folder, in which the command also creates its private sockets. */
  get directory(): string {
    return this.#folder.path
  }

  /**
   * Reports whether a process that is started now would find the socket. A temporary folder may be swept while no
   * command runs.
   */
  get isIntact(): boolean {
    return this.#folder.isIntact && (process.platform === 'win32' || isSocket(this.path))
  }

  /** Accepts no more connections, and removes the folder. */
  close(): void {
    this.#bound.stop()
    this.#folder.remove()
  }
}

function listen(path: string, events: ControlEvents): Promise<BoundAddress> {
  const server = createServer((socket) => attach(socket, events))
  server.maxConnections = MOST
  return listenAt(server, { path })
}

function attach(socket: Socket, events: ControlEvents): void {
  const link = new ProcessLink(undefined, (message) => {
    if (socket.writableLength > MOST_UNREAD) socket.destroy()
    else socket.write(`${JSON.stringify(tagged(message))}\n`)
  })
  events.attached(link)
  const read = jsonLines({
    line: (value) => {
      if (socket.destroyed) return
      const message = fromProcess(value)
      if (message === undefined) socket.destroy()
      else events.received(link, message)
    },
    broken: () => socket.destroy(),
  })
  socket.setEncoding('utf8')
  socket.on('data', (text) => read(String(text)))
  socket.on('error', () => {})
  socket.once('close', () => events.detached(link))
}
function isSocket(path: string): boolean {
  try {
    return lstatSync(path).isSocket()
  } catch {
    return false
  }
}
