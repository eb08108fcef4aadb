import { test } from 'node:test'
import { cases } from './cases.js'
import { injections } from './injections.js'

for (const [name, run] of Object.entries({ ...cases, ...injections })) test(name, run)
