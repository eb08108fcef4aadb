import { conformance } from '../src/conformance.ts'
import { coreSubjects } from '../src/core-subjects.ts'

for (const subject of coreSubjects.filter(({ protocol }) => protocol === 'http/1.1')) conformance(subject)
