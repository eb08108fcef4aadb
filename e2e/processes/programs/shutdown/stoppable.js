import express from 'express'
import stoppable from 'stoppable'

const app = express()
app.get('/', (_req, res) => res.send('Hello'))
const server = stoppable(app.listen(process.env.PORT ?? 0), 5000)
process.on('SIGTERM', () =>
  server.stop((error, gracefully) => {
    console.log(`stopped ${gracefully ? 'gracefully' : 'by force'}`)
    process.exit(error ? 1 : 0)
  }),
)
