import { type Happening, toConnection, toRequest, toServer } from './happening.ts'
import type { Reference } from './reference.ts'
import type { ConnectionReference } from './reference-connection.ts'

/** Returns the rest of a request's head, with its number and its kind. */
function restOfHead(number: number, matched: boolean, headers: string): string {
  return `?${number}${matched ? 'ignored' : ''} HTTP/1.1\r\nHost: a\r\n${headers}\r\n`
}

/** Returns the bytes with which a client begins one more request. */
function write(connection: ConnectionReference, reference: Reference, matched: boolean, headers = ''): string {
  const begin = connection.head ? '' : 'PUT /'
  const { number } = reference.request(connection, matched)
  return begin + restOfHead(number, matched, headers)
}

function request(name: string, matched: boolean, headers = ''): Happening {
  return toConnection(
    name,
    ({ speaksHttp }) => speaksHttp,
    (connection, reference, system) => {
      const text = write(connection, reference, matched, headers)
      system.wire(connection.number).client.write(text)
      connection.body = headers !== ''
    },
  )
}

function upgrade(name: string, matched: boolean): Happening {
  return toConnection(
    name,
    ({ speaksHttp, requests }) => speaksHttp && requests.length === 0,
    (connection, reference, system) => {
      const begin = connection.head ? '' : 'PUT /'
      reference.upgrade(connection, matched)
      const text = begin + restOfHead(0, matched, 'Connection: upgrade\r\nUpgrade: test\r\n')
      system.wire(connection.number).client.write(text)
    },
  )
}

function disconnect(name: string, how: 'reset' | 'fin'): Happening {
  return toConnection(
    name,
    () => true,
    (connection, reference, system) => {
      reference.close(connection)
      system.disconnect(connection.number, how)
    },
  )
}

/** The happenings that a client may cause, in each protocol. */
export const connectionHappenings: readonly Happening[] = [
  toServer(
    'connection to',
    ({ state }) => state === 'listening',
    (server, reference, system) => {
      const { number } = reference.accept(server)
      system.connect(number, server.number)
    },
  ),
  disconnect('RST on', 'reset'),
  disconnect('FIN on', 'fin'),
]

/** The happenings that a handler may cause, in each protocol. */
export const handlerHappenings: readonly Happening[] = [
  toRequest(
    'answer',
    ({ answered }) => !answered,
    (request, reference, system) => {
      reference.answer(request)
      system.exchange(request.number).response.end('answer')
    },
  ),
  toRequest(
    'route ignores',
    ({ answered }) => !answered,
    (request, reference, system) => {
      reference.ignore(request)
      system.idle.ignore(system.exchange(request.number).request)
    },
  ),
]

export const http1Happenings: readonly Happening[] = [
  toConnection(
    'part of a head on',
    ({ speaksHttp }) => speaksHttp,
    (connection, reference, system) => {
      system.wire(connection.number).client.write(connection.head ? 'a' : 'PUT /')
      connection.head = true
      reference.bytes(connection)
    },
  ),
  toConnection(
    'CRLF between requests on',
    ({ speaksHttp, head, requests, used }) => speaksHttp && !head && used && requests.length === 0,
    (connection, reference, system) => {
      reference.bytes(connection)
      system.wire(connection.number).client.write('\r\n')
    },
  ),
  request('request on', false),
  request('ignored request on', true),
  request('request with half a body on', false, 'Content-Length: 4\r\n'),
  request('ignored request with half a body on', true, 'Content-Length: 4\r\n'),
  toConnection(
    'rest of the body on',
    ({ body }) => body,
    (connection, reference, system) => {
      connection.body = false
      reference.bytes(connection)
      system.wire(connection.number).client.write('body')
    },
  ),
  toConnection(
    'pipeline of three on',
    ({ speaksHttp }) => speaksHttp,
    (connection, reference, system) => {
      const texts = [false, true, false].map((matched) => write(connection, reference, matched))
      system.wire(connection.number).client.write(texts.join(''))
    },
  ),
  toRequest(
    'response destroyed of',
    (request) => request.connection.server.kind === 'http' && request.connection.requests[0] === request,
    ({ connection, number }, reference, system) => {
      reference.close(connection)
      system.exchange(number).response.destroy()
      system.wires.delete(connection.number)
    },
  ),
  upgrade('upgrade of', false),
  upgrade('ignored upgrade of', true),
  toConnection(
    'bytes to upgraded',
    ({ upgraded }) => upgraded !== undefined,
    (connection, reference, system) => {
      reference.bytes(connection)
      system.wire(connection.number).client.write('bytes')
    },
  ),
  toConnection(
    'bytes from upgraded',
    ({ upgraded }) => upgraded !== undefined,
    (connection, reference, system) => {
      reference.bytes(connection)
      system.wire(connection.number).accepted.write('bytes')
    },
  ),
]
