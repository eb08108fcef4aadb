/**
 * Replaces the text between the marks `<!-- name -->` and `<!-- /name -->` of a page.
 *
 * @throws Error if the page lacks one of the marks
 */
export function replaceBetween(page: string, file: string, name: string, text: string): string {
  const [begin, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`]
  const [from, to] = [page.indexOf(begin), page.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`${file} must have the marks ${begin} and ${end}, in this order`)
  return `${page.slice(0, from + begin.length)}\n\n${text}\n\n${page.slice(to)}`
}
