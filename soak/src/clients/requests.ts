import { setTimeout as delay } from 'node:timers/promises'
import type { Random } from './random.ts'
import { type Client, pause } from './visit.ts'
import { type Ask, Wire } from './wire.ts'

/** Sends several requests on one connection, with pauses between them. */
export const keepAlive: Client = async (visit) => {
  const wire = await Wire.open(visit)
  for (let rest = visit.random.between(1, 6); rest > 0; rest--) {
    if (!(await wire.ask('keep-alive', anyAsk(visit.random)))) break
    await pause(visit)
  }
  wire.destroy()
}

/** Sends one request on a connection that the server then ends. */
export const fresh: Client = async (visit) => {
  const wire = await Wire.open(visit)
  await wire.ask('fresh', { ...anyAsk(visit.random), close: true })
  // Nothing follows the response.
  await wire.client?.ended
  wire.destroy()
}

/** Sends several requests in one piece or in pieces of any size. The responses arrive in order. */
export const pipeline: Client = async (visit) => {
  const { random } = visit
  const wire = await Wire.open(visit)
  // Requests stay small over TLS. There, Node answers 400 to input that arrives while responses wait to be read (Node
  // 20; HPE_PAUSED, seen with 20.20, not with 22 to 26).
  const ask = (): Ask => ({ ...anyAsk(random), ...(visit.secure && { size: random.between(0, 300) }) })
  const requests = Array.from({ length: random.between(2, 8) }, () => wire.prepare('pipelined', ask()))
  if (random.chance(0.5)) {
    await wire.send(...requests)
  } else {
    for (const prepared of requests) {
      await wire.send(prepared)
      await pause(visit)
    }
  }
  const abortAfter = random.chance(0.3) ? random.between(0, requests.length - 1) : requests.length
  for (const [index, prepared] of requests.entries()) {
    if (index < abortAfter) {
      // After a response with `Connection: close`, the client must send the later requests again.
      await wire.receive(prepared)
    } else {
      for (const { request } of requests.slice(index)) request.abandon()
      if (random.chance(0.5)) wire.client?.reset()
      break
    }
  }
  wire.destroy()
}

/** Requests more than the buffers in between hold, and reads it late. */
export const slowReader: Client = async (visit) => {
  const { random } = visit
  const wire = await Wire.open(visit)
  const prepared = wire.prepare('slow reader', { size: random.between(1, 5) * 1_000_000, close: true })
  wire.client?.socket.pause()
  await wire.send(prepared)
  await delay(random.between(5, 150))
  if (random.chance(0.2)) {
    prepared.request.abandon()
    wire.client?.reset()
  }
  wire.client?.socket.resume()
  // Searches the response once, and not at each of its many pieces.
  await wire.client?.ended
  await wire.receive(prepared)
  wire.destroy()
}

/** Sends a body in pieces. */
export const upload: Client = async (visit) => {
  const { random } = visit
  const wire = await Wire.open(visit)
  const body = 'u'.repeat(random.between(0, 200_000))
  const prepared = wire.prepare('upload', { body, chunked: random.chance(0.5), spin: random.between(0, 1) })
  let taken = await wire.write(prepared.head)
  for (let rest = prepared.body; rest !== '' && taken; ) {
    const length = random.between(1, 80_000)
    await pause(visit)
    taken = await wire.write(rest.slice(0, length))
    rest = rest.slice(length)
  }
  if (taken) wire.written(prepared)
  await wire.receive(prepared)
  wire.destroy()
}

/** Aborts a request or an upload at any byte: with FIN, with RST, or with a half-close. */
export const cut: Client = async (visit) => {
  const { random } = visit
  const wire = await Wire.open(visit)
  if (random.chance(0.3)) await wire.ask('before a cut', anyAsk(random))
  const body = random.chance(0.5) ? 'u'.repeat(random.between(0, 100_000)) : undefined
  const prepared = wire.prepare('cut', { ...anyAsk(random), ...(body !== undefined && { body }) })
  const bytes = prepared.head + prepared.body
  await wire.write(bytes.slice(0, random.between(0, bytes.length)))
  await pause(visit)
  prepared.request.abandon()
  const how = random.pick(['close', 'reset', 'half-close'])
  if (how === 'reset') wire.client?.reset()
  if (how === 'half-close') {
    wire.client?.halfClose()
    await wire.client?.ended
  }
  wire.destroy()
}

/** Connects and sends nothing, sometimes not even a TLS handshake. */
export const silent: Client = async (visit) => {
  const wire = await Wire.open(visit.random.chance(0.5) ? visit : { ...visit, secure: false })
  await pause(visit)
  if (visit.random.chance(0.5)) wire.client?.reset()
  wire.destroy()
}

function anyAsk(random: Random): Ask {
  return {
    size: random.chance(0.1) ? random.between(0, 100_000) : random.between(0, 300),
    delay: random.chance(0.3) ? random.between(1, 15) : 0,
    spin: random.chance(0.05) ? random.between(1, 3) : 0,
  }
}
