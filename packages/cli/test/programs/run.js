// A supervisor: `node run.js OPTIONS`, with RunOptions as JSON. Prints each event as a line of JSON; a signal stops it.
import { Runner } from '../../dist/run/runner.js'

const runner = new Runner(JSON.parse(process.argv[2]), (event) => console.log(JSON.stringify(event)))
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => runner.stop(signal))
// Asks for the status, as a status page does.
process.on('SIGUSR2', async () => console.log(JSON.stringify({ event: 'status', ...(await runner.refresh()) })))
try {
  await runner.start()
} catch (error) {
  console.log(JSON.stringify({ event: 'failed', code: error.code, message: error.message }))
}
