import { channel } from 'node:diagnostics_channel'
import type { Session } from 'node:inspector'

/**
 * The most functions that one search reads. A wrapper is at most a few functions away from the function that it wraps.
 */
const MOST = 40

/**
 * The name of a channel. A channel is one object for all contexts of the process, so that an evaluated expression can
 * read its properties.
 */
const PLACE = 'idle-shutdown:closures'
const HELD = `process.getBuiltinModule('node:diagnostics_channel').channel('${PLACE}').held`

/**
 * Returns those values that `functions` lead to and that are `sought`. Calls no function, and runs no getter and no
 * trap.
 *
 * A function leads to each value that its source calls or passes on: variables, members of these, and bound arguments.
 * If the value is a function, the search goes on there.
 *
 * Reads closures through Node's inspector, in this thread and without a port. Returns nothing without an inspector: on
 * Bun, under the permission model, or in a build of Node without it. Does not see the `this` of an arrow function.
 *
 * @see https://nodejs.org/api/inspector.html#class-inspectorsession
 */
export function reached(functions: readonly unknown[], sought: (value: object) => boolean): object[] {
  const matches: object[] = []
  const seen = new Set<object>()
  const queue: Lead[] = functions.map((value) => ({ value }))
  let session: Session | undefined
  try {
    session = new (process.getBuiltinModule('node:inspector').Session)()
    session.connect()
    const closures = new Closures(session)
    let looks = 0
    // The loop pushes to the queue that it reads, so that it finds the nearest handler first.
    for (const { value, self } of queue) {
      if (!isObject(value) || seen.has(value)) continue
      seen.add(value)
      if (sought(value)) matches.push(value)
      else if (typeof value === 'function' && matches.length === 0 && looks++ < MOST) {
        queue.push(...closures.of(value, self))
      }
    }
  } catch {
    // A search that fails returns no more matches.
  } finally {
    session?.disconnect()
    Reflect.deleteProperty(channel(PLACE), 'held')
  }
  return matches
}

interface Lead {
  readonly value: unknown
  /** The object that has the value as a member, which is the `this` of a method. */
  readonly self?: unknown
}

class Closures {
  readonly #session: Session

  constructor(session: Session) {
    this.#session = session
  }

  /**
   * Yields the values that the source of one function passes on or calls. For a bound function, also yields those that
   * it binds.
   */
  *of(fn: object, self: unknown): Generator<Lead> {
    const internals = this.#internals(fn)
    const target = this.#take(internals.get('[[TargetFunction]]'))
    const source = new Source(Function.prototype.toString.call(target ?? fn))
    yield* source.membersOf(self)
    if (target !== undefined) {
      const bound = this.#take(internals.get('[[BoundThis]]'))
      yield { value: target, self: bound }
      for (const value of valuesOf(this.#take(internals.get('[[BoundArgs]]')))) yield { value }
    }
    const names = new Set(source.variables)
    for (const scope of valuesOf(this.#take(internals.get('[[Scopes]]')))) {
      const { description, object }: { description?: unknown; object?: unknown } = Object(scope)
      if (description === 'Global' || !isObject(object)) continue
      for (const name of Object.keys(object)) {
        // An inner variable hides outer variables of the same name.
        if (!names.delete(name)) continue
        const value = variable(object, name)
        if (source.passedOn.has(name)) yield { value }
        yield* source.membersOf(value, name)
      }
    }
  }

  /** Returns the inspector's handles of the internal properties of a function. */
  #internals(fn: object): Map<string, string | undefined> {
    Object.assign(channel(PLACE), { held: { fn } })
    const internals = new Map<string, string | undefined>()
    this.#session.post('Runtime.evaluate', { expression: `${HELD}.fn` }, (_, answer) => {
      const objectId = answer?.result?.objectId
      if (objectId === undefined) return
      this.#session.post('Runtime.getProperties', { objectId, ownProperties: true }, (__, properties) => {
        for (const { name, value } of properties?.internalProperties ?? []) internals.set(name, value?.objectId)
      })
    })
    return internals
  }

  /** Returns the value of a handle of the inspector. Sessions in the same thread answer before `post()` returns. */
  #take(objectId: string | undefined): object | undefined {
    if (objectId === undefined) return undefined
    let taken: object | undefined
    const take = (value: object): void => {
      taken = value
    }
    Object.assign(channel(PLACE), { held: { take } })
    const functionDeclaration = `function () { ${HELD}.take(this) }`
    this.#session.post('Runtime.callFunctionOn', { objectId, functionDeclaration })
    return taken
  }
}

/**
 * Matches comments and strings, whose words are not variables. Also matches templates, which are kept for their
 * expressions.
 */
const TEXTS = /`(?:\\.|[^`\\])*`|\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"/g
const KEYS = /([{,]\s*)[\w$]+\s*:/g
/** Matches variables: names that are not after a dot, unless after the three dots of a spread. */
const VARIABLES = /(?<![\w$]|(?<!\.\.)\.)[A-Za-z_$][\w$]*/g
/**
 * Matches names of values that are called or passed on. A name of which only a member is read, such as `app.locals`,
 * does not match.
 */
const PASSED_ON = /[\w$]+(?![\w$]|\s*\??\.\s*(?!(?:apply|bind|call|callback|handle\w*|routing)\b)[\w$])/g

/** The names in the source of a function, by their use. */
class Source {
  readonly variables: ReadonlySet<string>
  readonly passedOn: ReadonlySet<string>
  readonly #words: ReadonlySet<string>
  readonly #indexed: ReadonlySet<string>

  constructor(text: string) {
    const code = text.replace(TEXTS, (part) => (part.startsWith('`') ? part : '')).replace(KEYS, '$1')
    this.variables = new Set(code.match(VARIABLES))
    this.passedOn = new Set(code.match(PASSED_ON))
    this.#words = new Set(code.match(/[\w$]+/g))
    this.#indexed = new Set(code.match(/[\w$]+(?=\s*(?:\?\.)?\[)/g))
  }

  /**
   * Yields the elements of a collection, and the members of an object that are passed on by name.
   *
   * A collection is an array, a map, a set, or an object whose members are looked up by a variable. Also yields the
   * members of members, up to `depth`.
   */
  *membersOf(self: unknown, name: string = '', depth: number = 2): Generator<Lead> {
    if (depth === 0 || !isObject(self)) return
    for (const value of elementsOf(self, this.#indexed.has(name))) yield { value }
    for (const word of Array.isArray(self) ? [] : this.#words) {
      const value = member(self, word)
      if (this.passedOn.has(word)) yield { value, self }
      yield* this.membersOf(value, word, depth - 1)
    }
  }
}

/** Returns the first elements of a collection. An object counts as a collection if `indexed`. */
function elementsOf(value: object, indexed: boolean): unknown[] {
  const { isMap, isSet } = process.getBuiltinModule('node:util/types')
  if (Array.isArray(value)) return value.slice(0, MOST)
  if (isMap(value)) return first(Map.prototype.values.call(value))
  if (isSet(value)) return first(Set.prototype.values.call(value))
  if (!indexed) return []
  return Object.keys(value)
    .slice(0, MOST)
    .map((name) => member(value, name))
}

function first(values: Iterable<unknown>): unknown[] {
  const list: unknown[] = []
  for (const value of values) if (list.push(value) === MOST) break
  return list
}

/** Returns the value of a member, own or inherited. Returns undefined for a getter. */
function member(self: object, name: string): unknown {
  for (let each: unknown = self; isObject(each); each = Reflect.getPrototypeOf(each)) {
    const descriptor = Reflect.getOwnPropertyDescriptor(each, name)
    if (descriptor !== undefined) return descriptor.value
  }
  return undefined
}

function valuesOf(list: object | undefined): unknown[] {
  return Object.values(list ?? {})
}

/** Returns the value of a variable. Reading a variable that is not initialized yet throws. */
function variable(scope: object, name: string): unknown {
  try {
    return Reflect.get(scope, name)
  } catch {
    return undefined
  }
}

/**
 * Reports whether a value is an object and not a proxy. Reading a proxy may run code of the program, or of Node, whose
 * traps emit warnings.
 */
function isObject(value: unknown): value is object {
  if ((typeof value !== 'object' || value === null) && typeof value !== 'function') return false
  return !process.getBuiltinModule('node:util/types').isProxy(value)
}
