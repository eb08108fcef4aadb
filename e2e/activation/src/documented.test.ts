import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { documented, documentedFile } from './documented.ts'
import { ROOT } from './workplace.ts'

test('the page shows the units and configs that the supervisors load', () => {
  expect([...documented().keys()]).toEqual(
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

test('ports and the Node that runs this are put in, and nothing else is changed', () => {
  const shown = documentedFile('/etc/inetd.conf')
  expect(documentedFile('/etc/inetd.conf', { port: 4100, each: 4101 })).toBe(
    shown.replaceAll('3000', '4100').replaceAll('3001', '4101'),
  )
  expect(shown).toContain('/run/node node /srv/web/server.js')
})

test('a file that the page does not show → an error that names it', () => {
  expect(() => documentedFile('/etc/none')).toThrow(/no block that begins with '# \/etc\/none'/)
})

test('its programs are those of the README of the package, which other tests run by hand', () => {
  const readme = readFileSync(join(ROOT, 'packages/activation/README.md'), 'utf8')
  const programs = [...documented()].filter(([path]) => path.startsWith('/srv/web/server.js'))
  expect(programs).toHaveLength(4)
  for (const [, program] of programs) expect(readme).toContain(`\`\`\`js\n${program}\`\`\``)
})
