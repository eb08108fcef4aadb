// A server without idle-shutdown.
const { createServer } = require('node:http')

const server = createServer((_request, response) => response.end('Hello'))
server.listen(process.env.PORT ?? 0, () => console.log(`port ${server.address().port}`))
