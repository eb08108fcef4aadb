// Every compiler accepts this in a CommonJS file. The README of core recommends it for compilers that refuse the rest.
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
