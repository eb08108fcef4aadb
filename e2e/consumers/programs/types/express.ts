import defaultExport, { type IdleMiddleware, type IdleOptions, idle, ignored } from '@idle-shutdown/express'
import express from 'express'

const options: IdleOptions = { patience: '15m', ignore: /^\/health/ }
const middleware: IdleMiddleware = idle(options)
const marker: IdleMiddleware['ignored'] = idle.ignored
const app = express()
app.use(middleware)
app.get('/healthz', idle.ignored, ignored, marker, middleware.ignored, (_request, response) => {
  response.send('ok')
})
app.get('/events', (request, response) => {
  const signal: AbortSignal = request.idleSignal
  const same: AbortSignal = app.locals.idleSignal
  response.json([signal.aborted, same.aborted])
})
const router = express.Router()
router.use(defaultExport())

export async function use(): Promise<number> {
  const undo: Disposable = middleware.watch(app.listen(0))
  undo[Symbol.dispose]()
  await middleware.tracker.waitUntil(Promise.resolve('done'))
  const { drained } = await middleware.close()
  return drained + (await middleware.closed).destroyed
}

export function refused(): void {
  // @ts-expect-error: the name is misspelt
  idle({ patince: 5 })
  // @ts-expect-error: it finds the app itself
  idle({ app })
  // @ts-expect-error: a call within a handler, and not a handler
  app.get('/healthz', middleware.ignoreRequest)
  // @ts-expect-error: to be read only
  middleware.signal = new AbortController().signal
}
