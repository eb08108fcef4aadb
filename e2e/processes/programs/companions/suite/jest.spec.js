import { cases } from './cases.js'

for (const [name, run] of Object.entries(cases)) globalThis.test(name, run)
