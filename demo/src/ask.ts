import { type Agent, get } from 'node:http'

/**
 * Sends a GET request, and reads the response to its end. Rejects if the status is not 200, or if the response is cut
 * off.
 */
export function ask(url: string, agent: Agent): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = get(url, { agent }, (response) => {
      response.resume()
      response.once('error', reject)
      response.once('end', () => {
        if (response.statusCode === 200) resolve()
        else reject(new Error(`answered with ${response.statusCode}`))
      })
    })
    request.once('error', reject)
  })
}

/**
 * Reports whether no server accepted the connection. Either no server listens, or the listener was closed with the
 * connection in its queue, which resets it. Only a supervisor that holds the socket prevents the latter.
 */
export function wasNotAccepted(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ECONNREFUSED' || error.code === 'ECONNRESET')
}
