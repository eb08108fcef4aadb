import { endingInWords, isGoodEnding } from './ending.ts'
import { count } from './figures.ts'
import { isGood, type Result } from './result.ts'

/** Returns one sentence that says whether the demo succeeded. */
export function verdict(results: readonly Result[]): string {
  const faults = results.filter((result) => !isGood(result)).map((result) => `${result.name} ${fault(result)}`)
  if (faults.length > 0) return `Failed: ${faults.join('; ')}.`
  const sent = results.reduce((sum, result) => sum + result.sent, 0)
  return `None of ${count(sent, 'request')} was lost, and each server ended by itself with code 0.`
}

function fault({ sent, answered, losses, ending }: Result): string {
  const faults: string[] = []
  const [first] = losses
  if (first !== undefined) faults.push(`lost ${losses.length} of ${count(sent, 'request')} (${first})`)
  else if (answered !== sent) faults.push(`left ${count(sent - answered, 'request')} without an answer`)
  if (!isGoodEnding(ending)) faults.push(endingInWords(ending))
  return faults.join(' and ')
}
