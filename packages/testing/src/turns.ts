/** The turns of the event loop that are enough for a last look, confirm, and another last look. */
const TURNS = 12

/** Lets the event loop turn. Node accepts at most one connection in a turn. */
export async function turns(count: number = TURNS): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve))
}
