// Requests that users inject into their apps. Separate from the other cases, since jest cannot load Fastify 5 before
// Node 24.9.
import assert from 'node:assert/strict'
import inject from 'light-my-request'
import { koaApp } from './app.js'
import { makeApp } from './fastify-app.js'

/** Waits much longer than the patience of the apps. */
const afterwards = () => new Promise((resolve) => setTimeout(resolve, 150))

export const injections = {
  async 'fastify.inject'() {
    const app = await makeApp()
    assert.equal((await app.inject('/')).body, 'Hello')
    await afterwards()
    assert.equal(app.idleSignal.aborted, false)
    assert.equal((await app.inject('/')).body, 'Hello')
    // The app is not closed, on purpose.
  },
  async 'light-my-request'() {
    assert.equal((await inject(koaApp.callback(), { method: 'GET', url: '/' })).payload, 'Hello')
  },
}
