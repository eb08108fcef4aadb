import { conformance } from '../src/conformance.ts'
import { coreSubjects } from '../src/core-subjects.ts'

for (const subject of coreSubjects.filter(({ protocol }) => protocol === 'h2')) conformance(subject)
