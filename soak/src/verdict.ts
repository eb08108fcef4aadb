import { type Result, sent } from './result.ts'
import { whole } from './table.ts'

/** Returns one sentence that says whether the soak found faults. */
export function verdict(results: readonly Result[], seed: number): string {
  const failed = results.filter(({ faults }) => faults.length > 0).map(({ name }) => name)
  if (failed.length > 0) return `Failed: ${failed.join(', ')}. To send the same again: --seed ${seed}.`
  const told = results.filter(({ growth: { error } }) => Number.isFinite(error)).length
  const heaps =
    told === results.length
      ? 'every heap is flat'
      : `${told} of ${results.length} heaps had lives enough to tell, and are flat`
  const sum = (figure: (result: Result) => number): string =>
    whole(results.reduce((sum, result) => sum + figure(result), 0))
  return `None of ${sum(sent)} requests was lost in ${sum(({ lives }) => lives)} lives under ${sum(({ inputs }) => inputs)} malformed inputs; every count came to 0, ${heaps}, and every process ended by itself with code 0.`
}
