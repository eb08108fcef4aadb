import { Agent, get } from 'node:http'
import type { Outcome } from './outcomes.ts'
import { type Ended, startProgram } from './program.ts'

/** The longest time (ms) that a first paste may take, whose end is tested. */
const LONGEST = 60_000

/**
 * Runs a framework's server that gets no request, and one that a kept-alive client calls for longer than the patience.
 */
export async function tryFirstPaste(command: readonly string[], framework: string): Promise<Outcome[]> {
  const start = (patience: string) =>
    startProgram(command, 'first-paste.js', { SERVE: framework, PATIENCE: patience }, LONGEST)
  const uncalled = await start('300').ended
  const busy = start('1000')
  const agent = new Agent({ keepAlive: true })
  const body = await ask(Number(/http (\d+)/.exec(await busy.printed)?.[1]), agent)
  const called = await busy.ended
  agent.destroy()
  return pasteOutcomes(framework, uncalled, body, called)
}

/**
 * Returns the outcomes of a first paste: of the server without a request, the body that a client read, and the server
 * with it.
 */
export function pasteOutcomes(framework: string, uncalled: Ended, body: string, called: Ended): Outcome[] {
  return [
    outcome(`${framework}: ends by itself with 0 without a request`, ending(uncalled)),
    outcome(`${framework}: answers a request that takes longer than the patience`, body === 'late' ? undefined : body),
    outcome(`${framework}: ends by itself with 0 although the client keeps its connection`, ending(called)),
  ]
}

function ask(port: number, agent: Agent): Promise<string> {
  return new Promise((resolve) => {
    get({ port, agent, path: '/' }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk
      })
      response.on('end', () => resolve(text))
    }).on('error', (error) => resolve(String(error)))
  })
}

function ending({ code, stderr }: Ended): string | undefined {
  return code === 0 ? undefined : `ended with ${code}: ${stderr}`
}

function outcome(name: string, error: string | undefined): Outcome {
  return error === undefined ? { name } : { name, error }
}
