import type { Socket } from 'node:net'

/** The reason for turning a client away: 502 if the command fails, 503 if it is busy. */
export interface Rejection {
  readonly status: 502 | 503
  readonly sentence: string
}

/** The time (ms) in which the first bytes of a client must arrive by default, and then its end. */
const PATIENCE = 1000

const REQUEST = /^[A-Z]+ \S+ HTTP\/1/

/**
 * Answers a client that speaks HTTP/1 with a page. Closes the connection of any other client, and of one that sends
 * nothing for `patience` (ms). A longer patience than the default does not keep the process alive.
 */
export function rejectClient(socket: Socket, refusal: Rejection, head?: Buffer, patience: number = PATIENCE): void {
  let read = ''
  let timer = setTimeout(() => socket.destroy(), patience)
  socket.once('close', () => clearTimeout(timer))
  if (patience > PATIENCE) {
    socket.unref()
    timer.unref()
  }
  const answer = (chunk: Buffer): void => {
    read += chunk.toString('latin1')
    // The request arrives in pieces.
    if (read.length < 16 && /^[A-Z]/.test(read)) return
    socket.off('data', answer)
    if (!REQUEST.test(read)) {
      socket.destroy()
      return
    }
    socket.ref()
    socket.end(page(refusal))
    // The rest of the request is read, so that a reset does not destroy the page on its way.
    socket.resume()
    clearTimeout(timer)
    timer = setTimeout(() => socket.destroy(), PATIENCE)
  }
  socket.on('data', answer)
  socket.once('end', () => socket.end())
  if (head !== undefined) answer(head)
  socket.resume()
}

function page({ status, sentence }: Rejection): string {
  const title = status === 502 ? '502 Bad Gateway' : '503 Service Unavailable'
  const text = sentence.replace(/[&<>]/g, (sign) => `&#${sign.charCodeAt(0)};`)
  const body = `<!doctype html><meta charset="utf-8"><title>${title}</title><h1>${title}</h1><p>${text}</p>\n`
  const head = [
    `HTTP/1.1 ${title}`,
    'Content-Type: text/html; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Cache-Control: no-store',
    'Retry-After: 5',
    'Connection: close',
  ]
  return `${head.join('\r\n')}\r\n\r\n${body}`
}
