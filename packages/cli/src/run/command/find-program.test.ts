import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeTempFolder } from '@idle-shutdown/testing'
import { afterAll, expect, test } from 'vitest'
import { missingScript } from './find-program.ts'

const temp = makeTempFolder(afterAll)
writeFileSync(join(temp, 'server.js'), '')
mkdirSync(join(temp, 'folder'))

test.each<[string, [string, ...string[]], string | undefined]>([
  ['a script that exists', ['node', 'server.js'], undefined],
  ['a script that does not', ['node', 'nothing.js'], 'nothing.js'],
  ['node by its path', ['/usr/bin/node', 'nothing.js', '--port', '1'], 'nothing.js'],
  ['node on Windows', ['node.exe', 'nothing.js'], 'nothing.js'],
  ['without its extension', ['node', 'server'], undefined],
  ['a folder', ['node', 'folder'], undefined],
  [
    'after options with values',
    ['node', '--import', 'x', '-r', 'y', '--max-old-space-size=100', 'nothing.js'],
    'nothing.js',
  ],
  ['after an option that may have one', ['node', '--title', 'nothing.js'], undefined],
  ['code in place of a script', ['node', '-e', 'nothing.js'], undefined],
  ['the debugger', ['node', 'inspect', 'nothing.js'], undefined],
  ['no script', ['node'], undefined],
  ['standard input', ['node', '-'], undefined],
  ['another program', ['npm', 'nothing.js'], undefined],
])('%s: %j', (_, command, missing) => {
  expect(missingScript(command, temp)).toBe(missing)
})
