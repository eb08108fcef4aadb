/**
 * Returns the arguments of Node for the soak, or for the soak of `idle-shutdown run` if the first argument is
 * `supervised`.
 */
export function soakArguments(args: readonly string[]): string[] {
  const [first, ...rest] = args
  return first === 'supervised' ? ['soak/dist/supervised/main.js', ...rest] : ['soak/dist/main.js', ...args]
}
