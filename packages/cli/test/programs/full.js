// Takes at most MOST connections: `node full.js MOST`, on PORT. Answers with the path and the cookie; /slow after 300
// ms.
import { createServer } from 'node:http'

const server = createServer((req, res) => {
  setTimeout(() => res.end(`${req.url} ${req.headers.cookie}`), req.url === '/slow' ? 300 : 0)
})
server.maxConnections = Number(process.argv[2])
server.on('drop', () => console.error('dropped'))
server.listen(process.env.PORT)
