// What every compiler takes in a CommonJS file, and what the README of core tells those to write that refuse the rest.
export async function all(): Promise<readonly unknown[]> {
  const { idleShutdown: watch } = await import('@idle-shutdown/core')
  const { idle } = await import('@idle-shutdown/express')
  const { idleShutdown } = await import('@idle-shutdown/fastify')
  const { idle: idleOfKoa } = await import('@idle-shutdown/koa')
  const { listen } = await import('@idle-shutdown/activation')
  // @ts-expect-error: the name is misspelt
  idle({ patince: 5 })
  return [watch, idle({ patience: '15m' }), idleShutdown, idleOfKoa.ignored, listen]
}
