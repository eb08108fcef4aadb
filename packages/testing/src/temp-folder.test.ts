import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { makeTempFolder } from './temp-folder.ts'

test('a folder is removed with its content, and each call makes another one', () => {
  const removals: (() => void)[] = []
  const folders = [1, 2].map(() => makeTempFolder((remove) => removals.push(remove)))
  expect(new Set(folders).size).toBe(2)
  for (const folder of folders) writeFileSync(join(folder, 'file'), '')
  for (const remove of removals) remove()
  expect(folders.map(existsSync)).toEqual([false, false])
})
