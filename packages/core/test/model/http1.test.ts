import { test } from 'vitest'
import { checkModel, steps, stepsDuringLook } from './check-model.ts'
import { clockHappenings, holdHappenings } from './hold-commands.ts'
import { connectionHappenings, handlerHappenings, http1Happenings } from './http1-commands.ts'
import { endHappenings, serverHappenings } from './server-commands.ts'

test('HTTP/1', { timeout: 3_600_000 }, async () => {
  await checkModel('http', 0.6, [
    steps(12, connectionHappenings),
    steps(40, http1Happenings),
    steps(24, handlerHappenings),
    steps(8, holdHappenings),
    steps(2, clockHappenings),
    steps(4, serverHappenings('http')),
    steps(1, serverHappenings('net')),
    stepsDuringLook(2, [...connectionHappenings, ...http1Happenings, ...holdHappenings, ...clockHappenings]),
    steps(1, endHappenings),
  ])
})
