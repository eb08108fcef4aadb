import { afterAll, expect, test } from 'vitest'
import { ask } from '../src/ask.ts'
import { Figures } from '../src/figures.ts'
import { FiguresTable } from '../src/figures-table.ts'
import { FRAMEWORKS } from '../src/framework.ts'
import { startSystemd } from '../src/supervisor-systemd.ts'
import { Systemd } from '../src/systemd.ts'

const CONNECTIONS = 200

const table = new FiguresTable()
afterAll(() => table.printSums())

// Many connections at once to a sleeping server: one process must answer all of them.
test.for(FRAMEWORKS)(`${CONNECTIONS} at once while asleep: %s`, async (framework, { skip, task }) => {
  const missing = Systemd.missing()
  skip(missing !== undefined, missing)
  await using supervisor = await startSystemd({ framework, patience: 300 })
  const figures = new Figures()
  const asking = Array.from({ length: CONNECTIONS }, (_, index) => {
    const address = supervisor.addresses[index % supervisor.addresses.length]
    return address === undefined ? undefined : figures.count(ask(address, `${index}`))
  })
  await Promise.all(asking)
  figures.starts = supervisor.starts()
  expect(figures.lost, figures.losses.join('\n')).toBe(0)
  expect(figures.servers.size).toBe(1)
  expect(figures.starts).toBe(1)
  table.print(task.name, figures)
})
