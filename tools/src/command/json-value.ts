import { readFileSync } from 'node:fs'
import { InputError } from './input-error.ts'

/**
 * A value of a JSON file, which is narrowed when it is read. The errors name the file and the place of the value in it.
 */
export class JsonValue {
  readonly #value: unknown
  /** The file, and the path of the value in it, such as `x.json: testResults[0].name`. */
  readonly place: string

  constructor(value: unknown, place: string) {
    this.#value = value
    this.place = place
  }

  /** Reports whether the value exists, and is not `null`. */
  get exists(): boolean {
    return this.#value !== undefined && this.#value !== null
  }

  /** Returns a member of an object. The member may not exist. */
  get(name: string): JsonValue {
    const place = /: /.test(this.place) ? `${this.place}.${name}` : `${this.place}: ${name}`
    return new JsonValue(this.#object()[name], place)
  }

  /** Returns the members of an object. */
  entries(): [string, JsonValue][] {
    return Object.keys(this.#object()).map((name) => [name, this.get(name)])
  }

  items(): JsonValue[] {
    if (!Array.isArray(this.#value)) throw this.#error('an array')
    return this.#value.map((item, index) => new JsonValue(item, `${this.place}[${index}]`))
  }

  text(): string {
    if (typeof this.#value !== 'string') throw this.#error('a string')
    return this.#value
  }

  /** Reports whether the value is this one. */
  is(value: string | number | boolean): boolean {
    return this.#value === value
  }

  number(): number {
    if (typeof this.#value !== 'number') throw this.#error('a number')
    return this.#value
  }

  #object(): Record<string, unknown> {
    if (!isObject(this.#value)) throw this.#error('an object')
    return this.#value
  }

  #error(accepted: string): InputError {
    const shown = JSON.stringify(this.#value) ?? 'undefined'
    const received = shown.length > 60 ? `${shown.slice(0, 59)}…` : shown
    return new InputError('TOOLS_FILE_SHAPE', `"${this.place}" must be ${accepted}. Received ${received}`)
  }
}

/**
 * Reads a JSON file.
 *
 * @param accepted what the file must be, for the error
 * @throws InputError `TOOLS_FILE_MISSING` or `TOOLS_FILE_NOT_JSON`
 */
export function readJson(file: string, accepted = 'a JSON file'): JsonValue {
  let content: string
  try {
    content = readFileSync(file, 'utf8')
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? error.code : error
    throw new InputError('TOOLS_FILE_MISSING', `The file must be ${accepted}. Received '${file}' (${reason})`)
  }
  return parseJson(content, file, accepted)
}

/** Parses the content of a JSON file. */
export function parseJson(content: string, file: string, accepted = 'a JSON file'): JsonValue {
  try {
    return new JsonValue(JSON.parse(content), file)
  } catch {
    const shown = content.length > 40 ? `${content.slice(0, 39)}…` : content
    const received = `'${file}', which starts with ${JSON.stringify(shown)}`
    throw new InputError('TOOLS_FILE_NOT_JSON', `The file must be ${accepted}. Received ${received}`)
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
