import { ask } from './ask.ts'
import { Figures } from './figures.ts'
import { FRAMEWORKS } from './framework.ts'
import { must, type Scenario } from './scenario.ts'
import { startSystemd } from './supervisor-systemd.ts'
import { Systemd } from './systemd.ts'

const CONNECTIONS = 200

/** Tests many concurrent connections to a sleeping server: one process must answer all of them. */
export function wakeUpScenarios(): readonly Scenario[] {
  return FRAMEWORKS.map((framework) => ({
    name: `${CONNECTIONS} at once while asleep: ${framework}`,
    missing: Systemd.missing(),
    run: async () => {
      await using supervisor = await startSystemd({ framework, patience: 300 })
      const figures = new Figures()
      const asking = Array.from({ length: CONNECTIONS }, (_, index) => {
        const address = supervisor.addresses[index % supervisor.addresses.length]
        return address === undefined ? undefined : figures.count(ask(address, `${index}`))
      })
      await Promise.all(asking)
      figures.starts = supervisor.starts()
      must(figures.lost === 0, `lost ${figures.lost}:\n${figures.losses.join('\n')}`)
      must(figures.servers.size === 1, `${figures.servers.size} processes answered`)
      must(figures.starts === 1, `it was started ${figures.starts} times`)
      return figures
    },
  }))
}
