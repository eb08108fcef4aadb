import { createHash } from 'node:crypto'
import type { Random } from '../clients/random.ts'

/** Bytes that form a request of their own if a body is cut and its rest is parsed. */
const EVIL = 'DELETE /everything HTTP/1.1\r\nHost: a\r\nCookie: evil\r\n\r\n'

/** A request, and the response that its server must send. */
export interface Request {
  readonly id: string
  /** The whole request as it is sent. */
  readonly wire: string
  /** The expected body of the response. */
  readonly expected: string
}

/** Draws a GET, or a POST whose body looks like requests, with its length or in chunks. */
export function drawRequest(random: Random, id: string, cookie: string): Request {
  const method = random.chance(0.35) ? 'GET' : 'POST'
  const body = method === 'GET' ? '' : drawBody(random)
  const headers = [`${method} /${id} HTTP/1.1`, 'Host: a', `Id: ${id}`, `Cookie: ${cookie}`]
  // Line ends before a request belong to no message: Node's parser skips them.
  const before = random.chance(0.2) ? '\r\n'.repeat(random.between(1, 2)) : ''
  const hash = createHash('sha256').update(body).digest('hex')
  const expected = JSON.stringify({ id, cookie, method, length: body.length, hash })
  return { id, wire: `${before}${headers.join('\r\n')}\r\n${framed(random, method, body)}`, expected }
}

/** Cuts text at random places, many of them between the head and the body. */
export function cut(random: Random, text: string): string[] {
  const places = new Set<number>()
  for (let left = random.pick([0, 0, 1, 1, 2, 3]); left > 0; left--) {
    const head = text.indexOf('\r\n\r\n')
    places.add(random.chance(0.3) ? head + random.between(0, 4) : random.between(1, text.length - 1))
  }
  const ends = [...places].filter((place) => place > 0 && place < text.length).sort((a, b) => a - b)
  return [0, ...ends].map((begin, index) => text.slice(begin, ends[index]))
}

function drawBody(random: Random): string {
  const pieces = Array.from({ length: random.between(0, 3) }, () =>
    random.chance(0.7) ? EVIL : 'x'.repeat(random.between(1, 400)),
  )
  return pieces.join('')
}

function framed(random: Random, method: string, body: string): string {
  if (method === 'GET') return '\r\n'
  if (random.chance(0.5)) return `Content-Length: ${body.length}\r\n\r\n${body}`
  const chunks: string[] = []
  for (let begin = 0; begin < body.length; ) {
    const chunk = body.slice(begin, begin + random.between(1, 120))
    chunks.push(`${chunk.length.toString(16)}\r\n${chunk}\r\n`)
    begin += chunk.length
  }
  return `Transfer-Encoding: chunked\r\n\r\n${chunks.join('')}0\r\n\r\n`
}
