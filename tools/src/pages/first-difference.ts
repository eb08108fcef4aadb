/** Returns the first row that differs. The width of a column is not a difference, except if nothing else is. */
export function firstDifference(before: string, after: string): string[] {
  const rows = (page: string): string[] => page.replace(/ {2,}|-{3,}/g, ' ').split('\n')
  const [old, now] = [rows(before), rows(after)]
  const at = now.findIndex((line, index) => line !== old[index])
  return at < 0 ? [] : [`  the page:  ${old[at] ?? 'ends'}`, `  this run:  ${now[at]}`]
}
