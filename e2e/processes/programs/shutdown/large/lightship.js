import { createServer } from 'node:http'
import lightship from 'lightship'

const health = await lightship.createLightship({ detectKubernetes: false, port: Number(process.env.HEALTH) })
const server = createServer((_req, res) => res.end('Hello')).listen(process.env.PORT ?? 0, '127.0.0.1')
health.registerShutdownHandler(
  () =>
    new Promise((resolve, reject) => {
      server.close((error) => {
        console.log('closed')
        if (error) reject(error)
        else resolve()
      })
    }),
)
health.signalReady()
