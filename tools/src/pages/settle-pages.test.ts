import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { replaceBetween } from './replace-between.ts'
import { readPage, settlePages } from './settle-pages.ts'

/** Returns two pages: one whose text is as it was, and one whose text has changed. */
const pages = () => {
  const folder = mkdtempSync(join(tmpdir(), 'idle-shutdown-pages-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const [same, changed] = [join(folder, 'same.md'), join(folder, 'changed.md')]
  writeFileSync(same, 'a')
  writeFileSync(changed, 'a')
  return {
    changed,
    all: [
      { file: same, text: 'a' },
      { file: changed, text: 'b' },
    ],
    created: { file: join(folder, 'new.md'), text: 'c' },
  }
}

describe('settlePages', () => {
  it('writes the pages that changed, and those that do not exist yet', () => {
    const { all, changed, created } = pages()
    expect(settlePages([...all, created], 'write', 'the run', 'pnpm x')).toEqual([])
    expect([readPage(changed), readPage(created.file)]).toEqual(['b', 'c'])
  })

  it('reports the pages that changed, and writes nothing, with check', () => {
    const { all, changed, created } = pages()
    expect(settlePages([...all, created], 'check', 'the run', 'pnpm x')).toEqual([
      `${changed} does not match the run. Run pnpm x`,
      `${created.file} does not match the run. Run pnpm x`,
    ])
    expect([readPage(changed), readPage(created.file)]).toEqual(['a', ''])
  })

  it('does nothing with show', () => {
    const { all, changed } = pages()
    expect(settlePages(all, 'show', 'the run', 'pnpm x')).toEqual([])
    expect(readPage(changed)).toBe('a')
  })
})

describe('replaceBetween', () => {
  it('replaces the text between the marks', () => {
    const page = 'a\n\n<!-- x -->\n\nold\n\n<!-- /x -->\n\nb\n'
    expect(replaceBetween(page, 'a.md', 'x', 'new')).toBe('a\n\n<!-- x -->\n\nnew\n\n<!-- /x -->\n\nb\n')
  })

  it.each(['a', '<!-- x -->', '<!-- /x -->', '<!-- /x --><!-- x -->'])('refuses the page %j', (page) => {
    expect(() => replaceBetween(page, 'a.md', 'x', 'new')).toThrow(
      'a.md must have the marks <!-- x --> and <!-- /x -->, in this order',
    )
  })
})
