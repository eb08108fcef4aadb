// Tries the behaviours of the conformance suite on one subject of the core, on any runtime. Prints a line of JSON for
// each.
// SUBJECT is the subject. ONLY selects one behaviour. FROM is the number of behaviours to skip. LIMITS lists behaviours
// that are known to hang, for which a shorter time limit applies.
import process from 'node:process'
import { behavioursOf, runBehaviour } from '@idle-shutdown/conformance'
import { coreSubjects } from '@idle-shutdown/conformance/core-subjects'

/** Milliseconds: as in the suite, and a shorter limit for behaviours that would only hang. */
const [LONGEST, LONGEST_OF_LIMITS] = [Number(process.env.LONGEST ?? 5000), 1500]

const subject = coreSubjects.find(({ name }) => name === process.env.SUBJECT)
if (subject === undefined) throw new Error(`no subject is called ${process.env.SUBJECT}`)
const limits = JSON.parse(process.env.LIMITS ?? '[]')
// Errors that one behaviour leaves behind must not end the others.
process.on('uncaughtException', () => {})
process.on('unhandledRejection', () => {})

for (const behaviour of behavioursOf(subject).slice(Number(process.env.FROM ?? 0))) {
  const { name } = behaviour
  if (process.env.ONLY && process.env.ONLY !== name) continue
  const longest = limits.includes(name) ? LONGEST_OF_LIMITS : LONGEST
  // If the runtime crashes, this line shows the behaviour that caused it.
  console.log(JSON.stringify({ begun: name }))
  let timer
  const late = new Promise((_, reject) => {
    timer = setTimeout(reject, longest, new Error(`nothing in ${longest / 1000} s`))
  })
  const error = await Promise.race([runBehaviour(behaviour, subject), late]).then(
    () => undefined,
    (reason) => String(reason?.message ?? reason).split('\n')[0],
  )
  clearTimeout(timer)
  console.log(JSON.stringify({ name, error }))
}
process.exit(0)
