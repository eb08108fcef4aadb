import { type Command, toConnection, toRequest, toServer } from './command.ts'
import type { Model } from './model.ts'
import type { ModelConnection } from './model-server.ts'

/** Returns the rest of a request's head, with its number and its kind. */
function restOfHead(number: number, matched: boolean, headers: string): string {
  return `?${number}${matched ? 'ignored' : ''} HTTP/1.1\r\nHost: a\r\n${headers}\r\n`
}

/** Returns the bytes with which a client begins one more request. */
function write(connection: ModelConnection, model: Model, matched: boolean, headers = ''): string {
  const begin = connection.head ? '' : 'PUT /'
  const { number } = model.request(connection, matched)
  return begin + restOfHead(number, matched, headers)
}

function request(name: string, matched: boolean, headers = ''): Command {
  return toConnection(
    name,
    ({ speaksHttp }) => speaksHttp,
    (connection, model, real) => {
      const text = write(connection, model, matched, headers)
      real.wire(connection.number).client.write(text)
      connection.body = headers !== ''
    },
  )
}

function upgrade(name: string, matched: boolean): Command {
  return toConnection(
    name,
    ({ speaksHttp, requests }) => speaksHttp && requests.length === 0,
    (connection, model, real) => {
      const begin = connection.head ? '' : 'PUT /'
      model.upgrade(connection, matched)
      const text = begin + restOfHead(0, matched, 'Connection: upgrade\r\nUpgrade: test\r\n')
      real.wire(connection.number).client.write(text)
    },
  )
}

function disconnect(name: string, how: 'reset' | 'fin'): Command {
  return toConnection(
    name,
    () => true,
    (connection, model, real) => {
      model.close(connection)
      real.disconnect(connection.number, how)
    },
  )
}

/** The commands that a client may cause, in each protocol. */
export const connectionHappenings: readonly Command[] = [
  toServer(
    'connection to',
    ({ state }) => state === 'listening',
    (server, model, real) => {
      const { number } = model.accept(server)
      real.connect(number, server.number)
    },
  ),
  disconnect('RST on', 'reset'),
  disconnect('FIN on', 'fin'),
]

/** The commands that a handler may cause, in each protocol. */
export const handlerHappenings: readonly Command[] = [
  toRequest(
    'answer',
    ({ answered }) => !answered,
    (request, model, real) => {
      model.answer(request)
      real.exchange(request.number).response.end('answer')
    },
  ),
  toRequest(
    'route ignores',
    ({ answered }) => !answered,
    (request, model, real) => {
      model.ignore(request)
      real.idle.ignoreRequest(real.exchange(request.number).request)
    },
  ),
]

export const http1Happenings: readonly Command[] = [
  toConnection(
    'part of a head on',
    ({ speaksHttp }) => speaksHttp,
    (connection, model, real) => {
      real.wire(connection.number).client.write(connection.head ? 'a' : 'PUT /')
      connection.head = true
      model.bytes(connection)
    },
  ),
  toConnection(
    'CRLF between requests on',
    ({ speaksHttp, head, requests, used }) => speaksHttp && !head && used && requests.length === 0,
    (connection, model, real) => {
      model.bytes(connection)
      real.wire(connection.number).client.write('\r\n')
    },
  ),
  request('request on', false),
  request('ignored request on', true),
  request('request with half a body on', false, 'Content-Length: 4\r\n'),
  request('ignored request with half a body on', true, 'Content-Length: 4\r\n'),
  toConnection(
    'rest of the body on',
    ({ body }) => body,
    (connection, model, real) => {
      connection.body = false
      model.bytes(connection)
      real.wire(connection.number).client.write('body')
    },
  ),
  toConnection(
    'pipeline of three on',
    ({ speaksHttp }) => speaksHttp,
    (connection, model, real) => {
      const texts = [false, true, false].map((matched) => write(connection, model, matched))
      real.wire(connection.number).client.write(texts.join(''))
    },
  ),
  toRequest(
    'response destroyed of',
    (request) => request.connection.server.kind === 'http' && request.connection.requests[0] === request,
    ({ connection, number }, model, real) => {
      model.close(connection)
      real.exchange(number).response.destroy()
      real.wires.delete(connection.number)
    },
  ),
  upgrade('upgrade of', false),
  upgrade('ignored upgrade of', true),
  toConnection(
    'bytes to upgraded',
    ({ upgraded }) => upgraded !== undefined,
    (connection, model, real) => {
      model.bytes(connection)
      real.wire(connection.number).client.write('bytes')
    },
  ),
  toConnection(
    'bytes from upgraded',
    ({ upgraded }) => upgraded !== undefined,
    (connection, model, real) => {
      model.bytes(connection)
      real.wire(connection.number).accepted.write('bytes')
    },
  ),
]
