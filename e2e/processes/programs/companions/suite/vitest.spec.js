import { test } from 'vitest'
import { cases } from './cases.js'
import { injections } from './injections.js'

for (const [name, run] of Object.entries({ ...cases, ...injections })) test(name, run)
