import { createServer } from 'node:http'
import pg from 'pg'

const pool = new pg.Pool({ idleTimeoutMillis: 0 })
let asked = 0
const server = createServer(async (_req, res) => {
  asked++
  const { rows } = await pool.query('select $1::text as word', ['Hello'])
  res.end(rows[0].word)
})
process.once('SIGTERM', () => {
  server.close(async (error) => {
    await pool.query('insert into visits (count) values ($1)', [asked])
    await pool.end()
    console.log('stored')
    process.exit(error ? 1 : 0)
  })
})
server.listen(process.env.PORT ?? 0, '127.0.0.1')
