// Preloaded into programs that print nothing: prints the port of each server that listens.
import { subscribe } from 'node:diagnostics_channel'

subscribe('tracing:net.server.listen:asyncStart', (message) => {
  const { server } = /** @type {{ server: import('node:net').Server }} */ (message)
  server.once('listening', () => {
    const address = server.address()
    if (address !== null && typeof address !== 'string') console.log(`http ${address.port}`)
  })
})
