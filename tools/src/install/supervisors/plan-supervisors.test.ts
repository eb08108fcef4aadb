import { expect, it, test } from 'vitest'
import { availablePackages, planSupervisors } from './plan-supervisors.ts'

const plan = (release: string, user: number | undefined, ...files: string[]) =>
  planSupervisors({ release, user, exists: (file) => files.includes(file) }, 'unpacked')

const DEBIAN = 'NAME="Debian GNU/Linux"\nID=debian\n'
const ALL = ['/lib/systemd/systemd', '/usr/bin/curl', '/usr/bin/unshare', 'unpacked']

it('does nothing when everything is there', () => {
  expect(plan(DEBIAN, 0, ...ALL)).toEqual({ missing: [], unpack: false })
})

it('installs what is missing, and unpacks the others', () => {
  expect(plan(DEBIAN, 0, '/usr/bin/curl')).toEqual({ missing: ['systemd', 'util-linux'], unpack: true })
})

test.each([
  ['another user', DEBIAN, 1000],
  ['a system without users', DEBIAN, undefined],
  ['another distribution', 'ID=ubuntu\nID_LIKE=debian\n', 0],
  ['another system', '', 0],
])('installs nothing for %s', (_what, release, user) => {
  expect(plan(release, user)).toBeUndefined()
})

it('names all packages', () => {
  expect(availablePackages().join()).toBe('systemd,curl,util-linux,xinetd,openbsd-inetd,libwrap0,nginx')
})
