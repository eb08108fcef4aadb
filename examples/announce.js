/** Prints the address of a server. */
export function announce(/** @type {import('node:net').Server} */ server, scheme = 'http') {
  const address = server.address()
  if (address === null || typeof address === 'string') return
  console.log(`${scheme}://127.0.0.1:${address.port}/`)
}
