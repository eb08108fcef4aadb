import { expect, it } from 'vitest'
import { trackedFiles } from './tracked-files.ts'

it('returns the files of a folder', () => {
  expect(trackedFiles(['tools/src/command'])).toEqual(expect.arrayContaining(['tools/src/command/tracked-files.ts']))
})

it('returns all files when there is no path', () => {
  expect(trackedFiles([])).toContain('package.json')
})

it('refuses a path without files, so that a typing error does not pass', () => {
  expect(() => trackedFiles(['tools/src/command', 'tools/src/comand'])).toThrow(
    expect.objectContaining({ code: 'TOOLS_FILE_MISSING', message: expect.stringContaining("'tools/src/comand'") }),
  )
})
