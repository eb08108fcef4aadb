import type { IncomingMessage } from 'node:http'
import type { IncomingHttpHeaders } from 'node:http2'
import { printable } from '../printable.ts'

/** The longest label, in characters. */
const MOST = 120

/** The property that holds the request headers of an HTTP/2 stream. Node does not keep them (Node 20-26). */
const kHead: unique symbol = Symbol('idle-shutdown.head')

/** An HTTP/1 request. Routers of Express remove their mount path from `url`, and keep the whole as `originalUrl`. */
type Requested = Pick<IncomingMessage, 'method' | 'url'> & { readonly originalUrl?: string | undefined }

/** An HTTP/2 stream that may have its request headers attached. */
interface Headed {
  readonly destroyed: boolean
  [kHead]?: IncomingHttpHeaders
}

/**
 * Returns the label of a request: its method and path, on one line of at most 120 characters.
 *
 * Leaves out parts that may hold a secret: the query, the fragment, and parameters of the path such as `;jsessionid=`.
 * Also leaves out the user and password of a target in absolute form. The label of a `CONNECT` has its host and port.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9112#section-3.2 RFC 9112, 3.2}
 */
export function requestLabel({ method, url, originalUrl }: Requested): string {
  return labelOf(method, originalUrl ?? url)
}

/** Attaches the request headers to a stream, by reference. */
export function rememberRequest(stream: Headed, headers: IncomingHttpHeaders): void {
  stream[kHead] = headers
}

/** Returns the request headers of a stream. */
export function requestOf(stream: Headed): IncomingHttpHeaders | undefined {
  return stream[kHead]
}

/** Returns the label of the request of a stream. */
export function streamLabel(stream: Headed): string {
  const head = stream[kHead]
  return labelOf(head?.[':method'], head?.[':path'] ?? head?.[':authority'])
}

function labelOf(method = '?', target = ''): string {
  const label = printable(`${method} ${placeOf(target)}`)
  return label.length > MOST ? `${label.slice(0, MOST - 1)}…` : label
}

function placeOf(target: string): string {
  const asked = target.replace(/^[a-z][a-z\d+.-]*:\/\/[^/?#]*/i, '').replace(/[?#].*$/s, '')
  // A target in authority form, which has no slash, may contain a user.
  const place = asked.startsWith('/') ? asked.replace(/;[^/]*/g, '') : asked.replace(/^.*@/s, '')
  return place || '/'
}
