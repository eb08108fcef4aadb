import { createServer } from 'node:net'
import { describe, expect, test } from 'vitest'
import { type EndpointServer, EndpointServers, RANK, type Rank } from './endpoint-servers.ts'
import { EVERYWHERE } from './host.ts'

const entry = (rank: Rank, address?: string): EndpointServer => ({
  server: createServer(),
  host: { ...EVERYWHERE, address },
  rank,
})

describe('the servers of one endpoint', () => {
  test("the server whose host fits the client's address best gets the connection", () => {
    const servers = new EndpointServers()
    const [local, other, all] = [
      entry(RANK.exact, '127.0.0.1'),
      entry(RANK.exact, '203.0.113.7'),
      entry(RANK.near, '::1'),
    ]
    for (const one of [local, other, all]) servers.open(one)
    expect(servers.choose('127.0.0.1')).toBe(local.server)
    expect(servers.choose('203.0.113.7')).toBe(other.server)
    expect(servers.choose('203.0.113.8')).toBeUndefined()
  })

  test('an exact server takes the endpoint from servers with another reason, for good', () => {
    const servers = new EndpointServers()
    const [only, exact] = [entry(RANK.only), entry(RANK.exact, '127.0.0.1')]
    servers.open(only)
    expect(servers.choose('203.0.113.7')).toBe(only.server)
    expect(servers.open(exact)).toEqual([only])
    expect(servers.choose('203.0.113.7')).toBeUndefined()
    expect(servers.rank).toBe(RANK.exact)
    servers.open(only)
    servers.leave(exact)
    expect(servers.rank).toBeUndefined()
  })

  test('only servers that listen on the port itself conflict', () => {
    const servers = new EndpointServers()
    const near = entry(RANK.near)
    servers.begin(near)
    expect([servers.wanted, servers.conflicts(EVERYWHERE)]).toEqual([true, false])
    const exact = entry(RANK.exact)
    servers.begin(exact)
    expect(servers.conflicts(EVERYWHERE)).toBe(true)
    servers.leave(exact)
    expect(servers.conflicts(EVERYWHERE)).toBe(false)
  })
})
