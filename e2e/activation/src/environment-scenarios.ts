import { ask } from './ask.ts'
import { must, type Scenario } from './scenario.ts'
import { missingSocketActivate, startSocketActivate } from './socket-activate.ts'

/** Tests the environment protocol with systemd-socket-activate. */
export function environmentScenarios(): readonly Scenario[] {
  return [
    {
      name: 'systemd-socket-activate: two named sockets, one server',
      missing: missingSocketActivate(),
      run: async () => {
        await using supervisor = await startSocketActivate({ framework: 'http', patience: 500 }, false)
        const answers = await Promise.all(supervisor.addresses.map((address, index) => ask(address, `${index}`)))
        must(new Set(answers.map(({ server }) => server)).size === 1, 'two servers answered')
        must(supervisor.starts() === 1, `it was started ${supervisor.starts()} times`)
        return undefined
      },
    },
  ]
}
