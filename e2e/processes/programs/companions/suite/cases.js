// Typical tests of users, for any runner.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import request from 'supertest'
import { expressApp, koaApp, shutdown } from './app.js'

/** Waits much longer than the patience of the apps. */
const afterwards = () => new Promise((resolve) => setTimeout(resolve, 150))

export const cases = {
  async 'supertest makes a server for each request'() {
    for (let time = 0; time < 3; time++) await request(expressApp).get('/').expect(200, 'Hello')
    await request(koaApp.callback()).get('/').expect(200, 'Hello')
  },
  async 'supertest of a server that listens'() {
    const server = expressApp.listen(0)
    await once(server, 'listening')
    await request(server).get('/').expect(200, 'Hello')
    server.close()
  },
  async 'an app that was idle has closed its server, and the suite goes on'() {
    const server = expressApp.listen(0)
    await once(server, 'close')
    assert.equal(shutdown.signal.aborted, true)
  },
  async 'a test after that'() {
    await afterwards()
    await request(expressApp).get('/').expect(200, 'Hello')
  },
}
