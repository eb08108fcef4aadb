import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { installArguments, installIn, versionOf } from './install.ts'

it('runs install scripts only if it is asked to', () => {
  const always = ['install', '--no-save', '--no-package-lock', '--no-audit', '--no-fund']
  expect(installArguments(['deno@2.9.6'], false)).toEqual([...always, '--ignore-scripts=true', 'deno@2.9.6'])
  expect(installArguments([], true)).toEqual([...always, '--ignore-scripts=false'])
})

it('installs nothing when the stamp is the same', () => {
  const folder = mkdtempSync(join(tmpdir(), 'idle-shutdown-install-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  mkdirSync(join(folder, 'node_modules/a'), { recursive: true })
  writeFileSync(join(folder, 'node_modules/installed.txt'), 'a@1')
  writeFileSync(join(folder, 'node_modules/a/package.json'), '{ "version": "1.2.3" }')
  installIn({ folder, stamp: 'a@1', packages: ['a@1'] })
  expect(readFileSync(join(folder, 'node_modules/installed.txt'), 'utf8')).toBe('a@1')
  expect(versionOf(folder, 'a')).toBe('1.2.3')
})
