import { createServer } from 'node:http'
import {
  type InheritedSocket,
  inheritedSockets,
  type ListenOptions,
  type ListenResult,
  listen,
} from '@idle-shutdown/activation'

const choice: ListenOptions = { names: ['web.socket'], kind: 'listening' }

export async function use(): Promise<string> {
  const sockets: readonly InheritedSocket[] = inheritedSockets()
  const listening: ListenResult = await listen(createServer(), 3000, choice)
  await listen(createServer(), { port: 3000, backlog: 5 })
  await listen(createServer(), 'web.sock')
  await listening.close()
  return [...sockets, ...listening.sockets].map(({ fd, name, kind }) => `${fd} ${name} ${kind}`).join()
}

export async function refused(): Promise<void> {
  // @ts-expect-error: without an inherited socket, it needs a port
  await listen(createServer())
  // @ts-expect-error: an app is not a server
  await listen(() => {}, 3000)
  // @ts-expect-error: the name is misspelt
  await listen(createServer(), 3000, { name: ['web.socket'] })
}
