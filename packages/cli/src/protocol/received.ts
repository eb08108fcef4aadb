import { type ToProcess, type ToSupervisor, untagged } from './messages.ts'

/** Of each member of a message, what it has to be. */
type Shape = Readonly<Record<string, (value: unknown) => boolean>>

/** More (of a text's characters) is nothing that either side sends in one member. */
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
  restore: { listen: count },
  release: { listen: count },
  ack: { id: count },
  refuse: { id: count },
  quiet: {},
  sure: { round: count },
  resume: {},
  ending: {},
  kept: { listen: count, key: count, keepAlive: age },
  park: { id: count },
  left: { id: count, bytes: count, keepAlive: age },
  unpark: { id: count },
  closed: {},
  // JSON has no Infinity: a patience that is one arrives as null.
  idleness: {
    active: count,
    deadline: optional(number),
    patience: (value) => value === null || number(value),
    reasons: texts,
  },
}

const TO_PROCESS: Readonly<Record<ToProcess['type'], Shape>> = {
  socket: { id: count, listen: count, head: optional(text), kept: optional(flag) },
  go: {},
  look: { round: count },
  wanted: {},
  taken: { key: count },
  parked: { id: count, bytes: count },
  restored: { listen: count },
  ask: {},
}

/** Returns a message of a process that is one of ours and complete; `undefined` for all else, which a program may have sent. */
export function fromProcess(message: unknown): ToSupervisor | undefined {
  const ours = untagged(message)
  return isToSupervisor(ours) ? ours : undefined
}

/** The same for a message of the supervisor. */
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
