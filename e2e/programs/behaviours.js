// Tries the behaviours of the conformance suite on one subject of the core, on whatever runtime this is, and prints a line of JSON
// for each. SUBJECT names it, ONLY one behaviour, FROM how many are left out, LIMITS a list of those that are known to hang and need not be waited for as long.
import process from 'node:process'
import { attempt, behavioursOf, coreSubjects } from '@idle-shutdown/conformance/plain'

/** Milliseconds: as in the suite, or enough where it would only hang. */
const [LONGEST, LONGEST_OF_LIMITS] = [Number(process.env.LONGEST ?? 5000), 1500]

const subject = coreSubjects.find(({ name }) => name === process.env.SUBJECT)
if (subject === undefined) throw new Error(`no subject is called ${process.env.SUBJECT}`)
const limits = JSON.parse(process.env.LIMITS ?? '[]')
// What one behaviour leaves behind must not end the others.
process.on('uncaughtException', () => {})
process.on('unhandledRejection', () => {})

for (const behaviour of behavioursOf(subject).slice(Number(process.env.FROM ?? 0))) {
  const { name } = behaviour
  if (process.env.ONLY && process.env.ONLY !== name) continue
  const longest = limits.includes(name) ? LONGEST_OF_LIMITS : LONGEST
  // A runtime that crashes has said what it was at.
  console.log(JSON.stringify({ begun: name }))
  let timer
  const late = new Promise((_, reject) => {
    timer = setTimeout(reject, longest, new Error(`nothing in ${longest / 1000} s`))
  })
  const error = await Promise.race([attempt(behaviour, subject), late]).then(
    () => undefined,
    (reason) => String(reason?.message ?? reason).split('\n')[0],
  )
  clearTimeout(timer)
  console.log(JSON.stringify({ name, error }))
}
process.exit(0)
