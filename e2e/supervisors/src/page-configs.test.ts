import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { pageConfig, pageConfigs } from './page-configs.ts'
import { ROOT } from './temp-folder.ts'

test('returns the units and configs that the supervisors load', () => {
  expect([...pageConfigs().keys()]).toEqual(
    expect.arrayContaining([
      '/etc/systemd/system/web.socket',
      '/etc/systemd/system/web.service',
      '/etc/systemd/system/each.socket',
      '/etc/systemd/system/each@.service',
      '/etc/inetd.conf',
      '/etc/xinetd.d/web',
      '/etc/xinetd.d/each',
    ]),
  )
})

test('replaces the ports and the path of Node, and nothing else', () => {
  const shown = pageConfig('/etc/inetd.conf')
  expect(pageConfig('/etc/inetd.conf', { port: 4100, each: 4101 })).toBe(
    shown.replaceAll('3000', '4100').replaceAll('3001', '4101'),
  )
  expect(shown).toContain('/run/node node /srv/web/server.js')
})

test('throws an error with the name of a file that the page does not show', () => {
  expect(() => pageConfig('/etc/none')).toThrow(/no block that begins with '# \/etc\/none'/)
})

test('uses the programs of the package’s README, which other tests run directly', () => {
  const readme = readFileSync(join(ROOT, 'packages/activation/README.md'), 'utf8')
  const programs = [...pageConfigs()].filter(([path]) => path.startsWith('/srv/web/server.js'))
  expect(programs).toHaveLength(4)
  for (const [, program] of programs) expect(readme).toContain(`\`\`\`js\n${program}\`\`\``)
})
