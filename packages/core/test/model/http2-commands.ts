import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2'
import { type Command, toConnection, toRequest } from './command.ts'
import { found } from './real.ts'

const quietly = (emitter: ClientHttp2Session | ClientHttp2Stream): void => {
  emitter.on('error', () => {})
}

function stream(name: string, matched: boolean): Command {
  return toConnection(
    name,
    ({ settled }) => settled,
    (connection, model, real) => {
      const { number } = model.request(connection, matched)
      const stream = real.wire(connection.number).session?.request({ ':path': `/${number}${matched ? 'ignored' : ''}` })
      if (stream === undefined) return
      quietly(stream)
      stream.resume()
      real.streams.set(number, stream)
    },
  )
}

/** The commands of HTTP/2 sessions and streams only. */
export const http2Happenings: readonly Command[] = [
  toConnection(
    'SETTINGS on',
    ({ server, settled }) => server.kind === 'http2' && !settled,
    (connection, model, real) => {
      model.greet(connection)
      const wire = real.wire(connection.number)
      wire.session = connect('http://localhost', { createConnection: () => wire.client })
      quietly(wire.session)
    },
  ),
  toConnection(
    'PING on',
    ({ settled }) => settled,
    (connection, _reference, real) => {
      real.wire(connection.number).session?.ping(() => {})
    },
  ),
  stream('stream on', false),
  stream('ignored stream on', true),
  toRequest(
    'RST_STREAM by the client on',
    () => true,
    (request, model, real) => {
      model.reset(request)
      found(real.streams, request.number).close(constants.NGHTTP2_CANCEL)
    },
  ),
  toRequest(
    'RST_STREAM by the server on',
    () => true,
    (request, model, real) => {
      model.reset(request)
      const { response } = real.exchange(request.number)
      if ('stream' in response) response.stream.close(constants.NGHTTP2_INTERNAL_ERROR)
    },
  ),
]
