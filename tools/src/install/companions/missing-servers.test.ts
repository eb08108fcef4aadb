import { expect, it, test } from 'vitest'
import { missingServers } from './missing-servers.ts'

const missing = (release: string, user: number | undefined, ...files: string[]) =>
  missingServers({ release, user, exists: (file) => files.includes(file) }, 'unpacked')

it('names the servers that are neither installed nor unpacked', () => {
  expect(missing('ID=debian\n', 0)).toEqual(['postgresql', 'redis-server'])
  expect(missing('ID=debian\n', 0, '/usr/lib/postgresql')).toEqual(['redis-server'])
  expect(missing('ID=debian\n', 0, '/usr/lib/postgresql', 'unpacked/usr/bin/redis-server')).toEqual([])
})

test.each([
  ['another user', 'ID=debian\n', 1000],
  ['another distribution', 'ID=ubuntu\nID_LIKE=debian\n', 0],
])('unpacks nothing for %s', (_what, release, user) => {
  expect(missing(release, user)).toBeUndefined()
})
