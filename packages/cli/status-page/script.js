// Shows /status.json, and counts down between answers. Asks only while the page is visible.

/** @typedef {import('../src/status/status-report.ts').StatusReport} Report */

const EVERY = 1000
const TICK = 250
const HIGHEST = 96

const STATES = {
  asleep: 'Asleep',
  starting: 'Starting',
  awake: 'Awake',
  ending: 'Ending',
  'backing-off': 'Failed',
  'gave-up': 'Gave up',
  stopping: 'Stopping',
  stopped: 'Stopped',
}

/** The signs that the dial shows if there is nothing to count. */
const SIGNS = {
  asleep: 'zzz',
  starting: '…',
  awake: '–',
  ending: '…',
  'backing-off': '!',
  'gave-up': '!',
  stopping: '…',
  stopped: '–',
}

/** @type {Report | undefined} */
let report
/** The time (ms) by which the server's clock is ahead of the browser's. */
let ahead = 0
let asking = false

async function ask() {
  if (asking || document.hidden) return
  asking = true
  try {
    const response = await fetch('/status.json', { cache: 'no-store', signal: AbortSignal.timeout(5000) })
    if (!response.ok) throw new Error(`status ${response.status}`)
    report = await response.json()
    if (report) ahead = report.now - Date.now()
    element('lost').hidden = true
    show()
  } catch {
    element('lost').hidden = false
  } finally {
    asking = false
  }
}

/** Shows a new answer. */
function show() {
  if (report === undefined) return
  const { state, listen, command, starts, connections, waiting, lastColdStart, lastFailure, idle } = report
  document.body.dataset.state = state
  document.title = `${STATES[state]}: ${command.join(' ')}`
  say('command', command.join(' '))
  say('listen', listen.join(', '))
  say('state', STATES[state])
  say('starts', String(starts))
  say('connections', String(connections))
  say('waiting', String(waiting))
  say('last-cold-start', lastColdStart === null ? '–' : spoken(lastColdStart))
  list('reasons', state === 'awake' ? (idle?.reasons ?? []) : [], (reason) => reason)
  list('uncounted', state === 'awake' ? (idle?.uncounted ?? []) : [], (line) => `Does not count: ${line}`)
  showColdStarts(report)
  element('failure').hidden = lastFailure === null
  if (lastFailure !== null) say('failure-why', lastFailure.why)
  tick()
}

/** Updates what changes with time. */
function tick() {
  if (report === undefined) return
  const now = Date.now() + ahead
  const { state, idle, since, begun, lastFailure, retryAt } = report
  const left = state === 'awake' && idle?.deadline != null ? Math.max(0, idle.deadline - now) : undefined
  say('sentence', sentence(report, left, retryAt === null ? undefined : Math.max(0, retryAt - now)))
  const used = state === 'awake' && left === undefined ? idle : null
  say('dial', left !== undefined ? clock(left) : used !== null ? String(used.active) : SIGNS[state])
  say('dial-unit', left !== undefined ? 'until it ends' : used !== null ? 'in use' : '')
  const patience = idle?.patience ?? 0
  const part = left !== undefined && patience > 0 ? Math.min(100, (100 * left) / patience) : state === 'awake' ? 100 : 0
  element('ring').style.visibility = part === 0 ? 'hidden' : 'visible'
  element('ring').style.strokeDasharray = `${part} 100`
  say('in-state', spoken(now - since))
  say('uptime', spoken(now - begun))
  if (lastFailure !== null) say('failure-when', `${spoken(now - lastFailure.at)} ago`)
}

/** @returns {string} */
function sentence(
  /** @type {Report} */ { state, waiting, pid, idle, failures },
  /** @type {number | undefined} */ left,
  /** @type {number | undefined} */ pause,
) {
  const queue = waiting === 0 ? '' : ` ${waiting} ${waiting === 1 ? 'connection waits' : 'connections wait'}.`
  switch (state) {
    case 'asleep':
      return `Nothing runs. The next connection starts it.${queue}`
    case 'starting':
      return `Process ${pid} is not listening yet.${queue}`
    case 'awake':
      if (left === 0 && idle?.reasons.length)
        return `Process ${pid} is not in use. It ends when its ignored requests are answered.`
      if (left !== undefined) return `Process ${pid} is not in use. It ends in ${clock(left)} unless a client connects.`
      if (idle === null) return `Process ${pid} serves.`
      return idle.active > 0 ? `Process ${pid} is in use.` : `Process ${pid} serves, and does not end when it is idle.`
    case 'ending':
      return `Process ${pid} answers its requests, and ends.${queue}`
    case 'backing-off':
      return `It failed ${times(failures)}, and ${tried(waiting, pause)}.${queue}`
    case 'gave-up':
      if (!pause) return `It failed ${times(failures)}. The next connection tries again.`
      return `It failed ${times(failures)}. Connections are refused for ${clock(pause)}; the next one after that tries again.`
    case 'stopping':
      return 'idle-shutdown itself ends.'
    case 'stopped':
      return 'idle-shutdown has ended.'
  }
}

/** @returns {string} */
function times(/** @type {number} */ failures) {
  return failures === 1 ? 'once' : `${failures} times in a row`
}

/** @returns {string} */
function tried(/** @type {number} */ waiting, /** @type {number | undefined} */ pause) {
  if (waiting === 0) return `the next connection tries again${pause ? `, in ${clock(pause)} at the earliest` : ''}`
  return pause ? `is tried again in ${clock(pause)}` : 'is tried again soon'
}

function showColdStarts(/** @type {Report} */ { state, starts, coldStarts }) {
  element('no-colds').hidden = coldStarts.length > 0
  if (starts === 0) say('no-colds', 'None yet. The first connection starts the command.')
  else if (state === 'starting' && starts === 1) say('no-colds', 'None yet. The first start is under way.')
  else
    say('no-colds', `None. ${starts === 1 ? 'The only start' : `Each of ${starts} starts`} ended before it listened.`)
  const longest = Math.max(...coldStarts, 1)
  list('colds', coldStarts, (ms) => {
    const bar = document.createElement('span')
    bar.className = 'bar'
    bar.style.height = `${Math.max(2, (HIGHEST * ms) / longest)}px`
    return [spoken(ms), bar]
  })
}

/** @template T */
function list(
  /** @type {string} */ id,
  /** @type {readonly T[]} */ items,
  /** @type {(item: T) => string | (string | Node)[]} */ content,
) {
  const children = items.map((item) => {
    const row = document.createElement('li')
    row.append(...[content(item)].flat())
    return row
  })
  element(id).replaceChildren(...children)
}

/** Changes a text only where it differs, so that a screen reader says it once. */
function say(/** @type {string} */ id, /** @type {string} */ text) {
  const target = element(id)
  if (target.textContent !== text) target.textContent = text
}

function element(/** @type {string} */ id) {
  const found = document.getElementById(id)
  if (found === null) throw new Error(`no element ${id}`)
  return found
}

/** `0:07`, `14:59`, `2:03:10`. @returns {string} */
function clock(/** @type {number} */ ms) {
  const seconds = Math.ceil(ms / 1000)
  const two = (/** @type {number} */ part) => String(part).padStart(2, '0')
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`
}

/** @returns {string} */
function spoken(/** @type {number} */ ms) {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`
  const seconds = ms / 1000
  if (seconds < 10) return `${seconds.toFixed(1)} s`
  if (seconds < 60) return `${Math.round(seconds)} s`
  const minutes = Math.round(seconds / 60)
  if (minutes < 60) return `${minutes} min`
  return minutes < 2880 ? `${Math.floor(minutes / 60)} h ${minutes % 60} min` : `${Math.round(minutes / 1440)} days`
}

document.addEventListener('visibilitychange', ask)
setInterval(ask, EVERY)
setInterval(tick, TICK)
ask()
