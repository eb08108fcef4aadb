import { type ToProcess, type ToSupervisor, untagged } from './messages.ts'

/** The checks of a message's members, by name. */
type Shape = Readonly<Record<string, (value: unknown) => boolean>>

/** The longest text (in characters) of one member. Neither side sends a longer one. */
const LONGEST_TEXT = 65_536

const count = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 0
const processId = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) > 0
const text = (value: unknown): boolean => typeof value === 'string'
const shortText = (value: unknown): boolean => typeof value === 'string' && value.length <= LONGEST_TEXT
const number = (value: unknown): boolean => typeof value === 'number'
const flag = (value: unknown): boolean => typeof value === 'boolean'
const age = (value: unknown): boolean => number(value) && Number(value) >= 0
const texts = (value: unknown): boolean => Array.isArray(value) && value.every(text)
const optional =
  (check: (value: unknown) => boolean) =>
  (value: unknown): boolean =>
    value === undefined || check(value)

const TO_SUPERVISOR: Readonly<Record<ToSupervisor['type'], Shape>> = {
  claim: { listen: count, pid: processId, rank: count, path: optional(shortText) },
  'restore-path': { listen: count },
  release: { listen: count },
  accepted: { id: count },
  rejected: { id: count },
  'exit-request': {},
  'exit-confirmed': { round: count },
  'exit-cancelled': {},
  draining: {},
  'return-socket': { listen: count, key: count, keepAlive: age },
  park: { id: count },
  'return-pipe': { id: count, bytes: count, keepAlive: age },
  unpark: { id: count },
  drained: {},
  // JSON has no Infinity, so a patience of Infinity arrives as null.
  idleness: {
    active: count,
    deadline: optional(number),
    patience: (value) => value === null || number(value),
    reasons: texts,
    uncounted: texts,
  },
}

const TO_PROCESS: Readonly<Record<ToProcess['type'], Shape>> = {
  socket: { id: count, listen: count, head: optional(text), returned: optional(flag) },
  'exit-granted': {},
  'exit-check': { round: count },
  'cancel-exit': {},
  returned: { key: count },
  parked: { id: count, bytes: count },
  'path-restored': { listen: count },
  'idleness-request': {},
}

/**
 * Returns a complete message of this protocol. Returns `undefined` for anything else: a program may send messages of
 * its own.
 */
export function fromProcess(message: unknown): ToSupervisor | undefined {
  const ours = untagged(message)
  return isToSupervisor(ours) ? ours : undefined
}

/** Returns a complete message of the supervisor, and `undefined` for anything else. */
export function fromSupervisor(message: unknown): ToProcess | undefined {
  const ours = untagged(message)
  return isToProcess(ours) ? ours : undefined
}

function isToSupervisor(message: unknown): message is ToSupervisor {
  return matches(message, TO_SUPERVISOR)
}

function isToProcess(message: unknown): message is ToProcess {
  return matches(message, TO_PROCESS)
}

function matches(message: unknown, shapes: Readonly<Record<string, Shape>>): boolean {
  const type: unknown = Reflect.get(Object(message), 'type')
  if (typeof type !== 'string' || !Object.hasOwn(shapes, type)) return false
  return Object.entries(shapes[type] ?? {}).every(([name, check]) => check(Reflect.get(Object(message), name)))
}
