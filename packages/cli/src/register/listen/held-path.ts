import fs, { realpathSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { basename, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Reports whether two paths name the same file: the same name in the same folder. The file need not exist. */
export function samePath(one: string, other: string): boolean {
  if (one === other) return true
  return basename(one) === basename(other) && inRealFolder(one) === inRealFolder(other)
}

/**
 * Prevents the program from removing a path that another process holds for it. Each call succeeds, as if the path had
 * been removed.
 *
 * Programs remove the socket that an earlier run left, which would end the activation. Other programs, such as `rm` in
 * a shell, can still remove the path; the supervisor restores it.
 */
export function keepPaths(held: () => readonly string[]): void {
  const isHeld = (path: unknown): boolean => {
    const text = textOf(path)
    return text !== undefined && held().some((one) => samePath(one, text))
  }
  for (const name of ['unlink', 'rm'] as const) {
    shadow(fs, `${name}Sync`, (args) => (isHeld(args[0]) ? { result: undefined } : undefined))
    shadow(fs.promises, name, (args) => (isHeld(args[0]) ? { result: Promise.resolve() } : undefined))
    shadow(fs, name, (args) => {
      const callback = args.at(-1)
      if (typeof callback !== 'function' || !isHeld(args[0])) return undefined
      process.nextTick(callback, null)
      return { result: undefined }
    })
  }
  // Named imports of ES modules are copies (Node 20-26).
  syncBuiltinESMExports()
}

/** Calls a function before a method. If it returns a result, that is the result of the call. */
function shadow(
  target: object,
  name: string,
  before: (args: readonly unknown[]) => { readonly result: unknown } | undefined,
): void {
  const method: unknown = Reflect.get(target, name)
  if (typeof method !== 'function') return
  const { [name]: shadowed } = {
    [name](this: unknown, ...args: unknown[]): unknown {
      const known = before(args)
      return known === undefined ? Reflect.apply(method, this, args) : known.result
    },
  }
  Reflect.set(target, name, shadowed)
}

/** Returns the text of a path argument of `node:fs`. */
function textOf(path: unknown): string | undefined {
  if (typeof path === 'string') return path
  if (Buffer.isBuffer(path)) return path.toString()
  return path instanceof URL && path.protocol === 'file:' ? fileURLToPath(path) : undefined
}

function inRealFolder(path: string): string {
  const absolute = resolve(path)
  try {
    return join(realpathSync(dirname(absolute)), basename(absolute))
  } catch {
    return absolute
  }
}
