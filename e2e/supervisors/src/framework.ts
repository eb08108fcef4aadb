/** The frameworks of the programs. Each is a file of `programs/`. */
export const FRAMEWORKS = ['http', 'express', 'fastify', 'koa'] as const

export type Framework = (typeof FRAMEWORKS)[number]
