import { createServer } from 'node:http'
import { createServer as createHttp2Server } from 'node:http2'
import { createServer as createNetServer } from 'node:net'
import { PassThrough } from 'node:stream'
import {
  type AnyServer,
  type Clock,
  type Closable,
  type CloseReport,
  type Duration,
  type Endable,
  type EndCallback,
  type Explanation,
  type Hold,
  type HoldOptions,
  type IdleErrorCode,
  IdleShutdown,
  type IdleShutdownOptions,
  IdleTimeoutError,
  IdleTracker,
  type IdleTrackerOptions,
  IdleUsageError,
  type IdleWarningCode,
  type Ignore,
  idleShutdown,
  type Reason,
  type RequestInfo,
} from '@idle-shutdown/core'

const clock: Clock = {
  now: () => performance.now(),
  date: () => Date.now(),
  setTimeout: (callback, ms) => setTimeout(callback, ms),
  clearTimeout: () => {},
}
const duration: Duration = '15m'
const durations: readonly Duration[] = ['500ms', '1.5 hours', '90S', '2 weeks', '100', `${Number('5')}s`, Infinity]
const trackerOptions: IdleTrackerOptions = {
  patience: duration,
  startupPatience: 1000,
  jitter: Infinity,
  signal: new AbortController().signal,
  confirm: async () => true,
  clock,
}
const ignore: Ignore = (request: RequestInfo) => request.method === 'OPTIONS' && request.headers['x-probe'] === '1'
const options: IdleShutdownOptions = {
  ...trackerOptions,
  grace: '10s',
  activity: 'requests',
  ignore: ['/healthz', /^\/metrics/, ignore],
  upgrades: 'traffic',
}

const servers: AnyServer[] = [createServer(), createHttp2Server(), createNetServer()]
const closable: Closable = new PassThrough()
const endable: Endable = new PassThrough()
const several: IdleShutdown = idleShutdown(servers)
const one: IdleShutdown = idleShutdown(createServer(), options)
const made: IdleShutdown = new IdleShutdown(createServer())

export async function use(): Promise<CloseReport> {
  const undo: Disposable = one.watch(createServer())
  undo[Symbol.dispose]()
  createServer((_request, response) => {
    const opened: Disposable = one.endOnIdle(response)
    opened[Symbol.dispose]()
    one.endOnIdle(response, (own) => own.end('bye'))
  })
  createHttp2Server((_request, response) => one.endOnIdle(response, (own) => own.stream.close()))
  one.signal.addEventListener('abort', () => console.log(one.signal.reason))
  const report: CloseReport = await several.close('enough')
  const { reason, duration, drained, destroyed, abandoned } = report
  const figures: number[] = [duration, drained, destroyed, abandoned]
  console.log(reason, figures)
  made.endOnIdle(endable)
  made.endOnIdle(closable, () => {})
  const flush: EndCallback = async ({ drained }) => console.log(drained)
  const added: Disposable | undefined = made.beforeEnd(flush)
  added?.[Symbol.dispose]()
  const quiet: Disposable = made.onQuiet('30s', async () => () => console.log('back'))
  quiet[Symbol.dispose]()
  await made[Symbol.asyncDispose]()
  return one.closed
}

export async function useBlocks(): Promise<number> {
  await using shutdown = idleShutdown(createServer())
  using hold = shutdown.tracker.hold('report', { maxAge: '1h' })
  console.log(hold.label)
  return await shutdown.tracker.waitUntil(Promise.resolve(5), 'job')
}

export function longest(): Duration | undefined {
  return durations.at(-1)
}

export function track(): Date | undefined {
  const tracker: IdleTracker = new IdleTracker(trackerOptions)
  const holdOptions: HoldOptions = { maxAge: 1000 }
  const hold: Hold = tracker.hold('upload', holdOptions)
  hold.release()
  hold.cancel()
  tracker.touch()
  const explanation: Explanation = tracker.explain()
  const reasons: readonly Reason[] = explanation.reasons
  console.log(reasons, tracker.active, tracker.patience, String(tracker))
  return tracker.deadline
}

export function codes(error: unknown): IdleErrorCode | 'ERR_IDLE_TIMEOUT' | undefined {
  if (error instanceof IdleUsageError) return error.code
  if (error instanceof IdleTimeoutError) return error.code
  const warning: IdleWarningCode = 'IDLE_HOLD_EXPIRED'
  console.log(warning)
  return undefined
}

export function refused(tracker: IdleTracker): void {
  // @ts-expect-error: the name is misspelt
  idleShutdown(createServer(), { patince: 5 })
  // @ts-expect-error: connections or requests
  idleShutdown(createServer(), { activity: 'sometimes' })
  // @ts-expect-error: a net server has no requests
  idleShutdown(createNetServer(), { activity: 'requests' })
  // @ts-expect-error: an app is not a server
  idleShutdown(() => {})
  // @ts-expect-error: a duration is a number or a text
  new IdleTracker({ patience: {} })
  // @ts-expect-error: not the text of a duration
  idleShutdown(createServer(), { patience: 'soon' })
  // @ts-expect-error: a tracker watches no server, and so has no grace
  new IdleTracker({ grace: '1s' })
  // @ts-expect-error: an answer is a boolean
  new IdleTracker({ confirm: () => 'yes' })
  // @ts-expect-error: to be read only
  tracker.patience = 5
  // @ts-expect-error: no such code
  const code: IdleErrorCode = 'ERR_IDLE'
  console.log(code)
}
