import type { Subject } from '@idle-shutdown/conformance'
import { coreSubjects } from '@idle-shutdown/conformance/core-subjects'
import { expressSubjects } from './express.ts'
import { fastifySubjects } from './fastify.ts'
import { koaSubjects } from './koa.ts'

/** The subjects of the soak. */
export const subjects: readonly Subject[] = [
  ...coreSubjects.filter(({ name }) => ['http', 'https', 'h2c', 'h2'].includes(name)),
  ...expressSubjects,
  ...fastifySubjects,
  ...koaSubjects,
]
