/** Lets a server listen, and prints its port. */
export function listen(/** @type {import('node:net').Server} */ server, name = 'http') {
  server.listen(0, '127.0.0.1', () => {
    const address = server.address()
    if (address !== null && typeof address !== 'string') console.log(`${name} ${address.port}`)
  })
}
