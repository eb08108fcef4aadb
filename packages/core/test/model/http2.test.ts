import { test } from 'vitest'
import { checkModel, steps, stepsDuringLook } from './check-model.ts'
import { clockHappenings, holdHappenings } from './hold-commands.ts'
import { connectionHappenings, handlerHappenings } from './http1-commands.ts'
import { http2Happenings } from './http2-commands.ts'
import { endHappenings, serverHappenings } from './server-commands.ts'

test('HTTP/2', { timeout: 3_600_000 }, async () => {
  await checkModel('http2', 0.4, [
    steps(12, connectionHappenings),
    steps(40, http2Happenings),
    steps(16, handlerHappenings),
    steps(8, holdHappenings),
    steps(2, clockHappenings),
    steps(4, serverHappenings('http2')),
    stepsDuringLook(2, [...connectionHappenings, ...http2Happenings, ...holdHappenings, ...clockHappenings]),
    steps(1, endHappenings),
  ])
})
