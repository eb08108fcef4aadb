import defaultExport, { type IdleMiddleware, type IdleOptions, idle, ignored } from '@idle-shutdown/koa'
import Koa from 'koa'

const app = new Koa()
const seen: IdleOptions['app'] = app
const options: IdleOptions = { app: seen, patience: '15m', activity: 'connections' }
const middleware: IdleMiddleware = idle(options)
const marker: IdleMiddleware['ignored'] = idle.ignored
app.use(middleware)
app.use((context, next) => (context.path === '/healthz' ? ignored(context, next) : next()))
app.use((context, next) => marker(context, next))
app.use(async (context) => {
  const signal: AbortSignal = context.state.idleSignal
  context.body = signal.aborted ? 'closing' : context.req.url
})
new Koa().use(defaultExport())

export async function use(): Promise<number> {
  const undo: Disposable = middleware.watch(app.listen(0))
  undo[Symbol.dispose]()
  const { drained } = await middleware.close()
  return drained + (await middleware.closed).destroyed
}

export function refused(): void {
  // @ts-expect-error: the name is misspelt
  idle({ app, patince: 5 })
  // @ts-expect-error: an app has a callback
  idle({ app: {} })
  // @ts-expect-error: a call within a middleware, and not a middleware
  app.use(middleware.ignoreRequest)
  // @ts-expect-error: to be read only
  middleware.signal = new AbortController().signal
}
