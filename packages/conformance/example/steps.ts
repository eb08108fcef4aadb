import type { RequestListener } from 'node:http'
import { type AnyServer, IdleShutdown, type IdleShutdownOptions } from '@idle-shutdown/core'

type Step = (...args: [...Parameters<RequestListener>, next: () => void]) => void

/** A framework of a third party: each step answers a request, or calls the next step. */
export class Steps {
  readonly #steps: Step[] = []

  use(step: Step): void {
    this.#steps.push(step)
  }

  readonly listener: RequestListener = (request, response) => {
    const [...left] = this.#steps
    const next = (): void => left.shift()?.(request, response, next)
    next()
  }
}

/** The adapter under test: watches the server of an app, and adds a step for requests that do not count. */
export function idleSteps(app: Steps, server: AnyServer, options: IdleShutdownOptions): IdleShutdown {
  const idle = new IdleShutdown(server, options)
  app.use((request, _response, next) => {
    if (request.url === '/healthz') idle.ignoreRequest(request)
    next()
  })
  return idle
}
