import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2'
import { type Happening, toConnection, toRequest } from './happening.ts'
import { found } from './system.ts'

const quietly = (emitter: ClientHttp2Session | ClientHttp2Stream): void => {
  emitter.on('error', () => {})
}

function stream(name: string, matched: boolean): Happening {
  return toConnection(
    name,
    ({ settled }) => settled,
    (connection, reference, system) => {
      const { number } = reference.request(connection, matched)
      const stream = system
        .wire(connection.number)
        .session?.request({ ':path': `/${number}${matched ? 'ignored' : ''}` })
      if (stream === undefined) return
      quietly(stream)
      stream.resume()
      system.streams.set(number, stream)
    },
  )
}

/** The happenings of HTTP/2 sessions and streams only. */
export const http2Happenings: readonly Happening[] = [
  toConnection(
    'SETTINGS on',
    ({ server, settled }) => server.kind === 'http2' && !settled,
    (connection, reference, system) => {
      reference.greet(connection)
      const wire = system.wire(connection.number)
      wire.session = connect('http://localhost', { createConnection: () => wire.client })
      quietly(wire.session)
    },
  ),
  toConnection(
    'PING on',
    ({ settled }) => settled,
    (connection, _reference, system) => {
      system.wire(connection.number).session?.ping(() => {})
    },
  ),
  stream('stream on', false),
  stream('ignored stream on', true),
  toRequest(
    'RST_STREAM by the client on',
    () => true,
    (request, reference, system) => {
      reference.reset(request)
      found(system.streams, request.number).close(constants.NGHTTP2_CANCEL)
    },
  ),
  toRequest(
    'RST_STREAM by the server on',
    () => true,
    (request, reference, system) => {
      reference.reset(request)
      const { response } = system.exchange(request.number)
      if ('stream' in response) response.stream.close(constants.NGHTTP2_INTERNAL_ERROR)
    },
  ),
]
