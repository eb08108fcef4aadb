import { expect, it } from 'vitest'
import { withOptionTable } from './option-table.ts'

it('replaces the table, and keeps the text around it', () => {
  const readme = '# a\n\n<!-- options -->\n\n| old |\n\n<!-- /options -->\n\n## b\n'
  expect(withOptionTable(readme, 'README.md', ['| `--port` | run | the port | 3000 |'])).toBe(
    [
      '# a\n\n<!-- options -->\n\n| option | of |  | default |\n| --- | --- | --- | --- |',
      '| `--port` | run | the port | 3000 |\n\n<!-- /options -->\n\n## b\n',
    ].join('\n'),
  )
})

it('refuses a README without the marks', () => {
  expect(() => withOptionTable('# a\n', 'README.md', [])).toThrow('README.md must have the marks')
})
