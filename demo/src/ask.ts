import { type Agent, get } from 'node:http'

/** Sends a GET request, and reads its answer to the end. Rejects where the answer is no 200, or is cut off. */
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
 * Whether nobody accepted the connection: nobody listens, or the listener went down with the connection in its queue, which
 * resets it. Only a supervisor that holds the socket prevents the latter.
 */
export function wasNotAccepted(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ECONNREFUSED' || error.code === 'ECONNRESET')
}
