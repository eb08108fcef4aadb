import type { IncomingMessage } from 'node:http'
import type { IncomingHttpHeaders } from 'node:http2'
import { printable } from '../printable.ts'

/** The longest label, in characters. */
const MOST = 120

/** The request that an HTTP/2 stream carries. Node keeps it nowhere (20 to 26). */
const kHead: unique symbol = Symbol('idle-shutdown.head')

/** An HTTP/1 request. Routers of Express cut off of `url` what they are mounted on, and keep the whole as `originalUrl`. */
type Requested = Pick<IncomingMessage, 'method' | 'url'> & { readonly originalUrl?: string | undefined }

/** An HTTP/2 stream that may remember its request. */
interface Headed {
  readonly destroyed: boolean
  [kHead]?: IncomingHttpHeaders
}

/**
 * Names a request by its method and path, on one line of at most 120 characters.
 *
 * Leaves out what may be a secret: the query, the fragment, parameters of the path such as `;jsessionid=`, and the user and password
 * of a target in absolute form. A `CONNECT` is named by its host and port.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9112#section-3.2 RFC 9112, 3.2}
 */
export function requestLabel({ method, url, originalUrl }: Requested): string {
  return labelOf(method, originalUrl ?? url)
}

/** Lets a stream remember its request, by reference. */
export function rememberRequest(stream: Headed, headers: IncomingHttpHeaders): void {
  stream[kHead] = headers
}

/** Names the request of a stream. */
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
  // Authority form, which has no slash, may name a user.
  const place = asked.startsWith('/') ? asked.replace(/;[^/]*/g, '') : asked.replace(/^.*@/s, '')
  return place || '/'
}
