import { test } from 'vitest'
import { checkModel, steps, stepsDuringLook } from './check-model.ts'
import { clockHappenings, holdHappenings } from './hold-happenings.ts'
import { connectionHappenings, handlerHappenings, http1Happenings } from './http1-happenings.ts'
import { closing, serverHappenings } from './server-happenings.ts'

test('HTTP/1', { timeout: 3_600_000 }, async () => {
  await checkModel(
    700,
    [
      steps(10, connectionHappenings),
      steps(16, http1Happenings),
      steps(10, handlerHappenings),
      steps(5, holdHappenings),
      steps(2, clockHappenings),
      steps(4, serverHappenings('http')),
      stepsDuringLook(3, [...connectionHappenings, ...http1Happenings, ...holdHappenings, ...clockHappenings]),
      { weight: 1, arbitrary: steps(1, [closing]).arbitrary },
    ],
    (reference, system) => {
      const server = reference.add('http')
      system.add(server)
      reference.watch(server)
      system.watch(server.number)
      reference.listen(server)
      system.listen(server.number)
    },
  )
})
