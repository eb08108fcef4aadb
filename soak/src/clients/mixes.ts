import { edge, edgeSession } from './edge.ts'
import { malformedFrames, malformedRequests } from './malformed.ts'
import { cut, fresh, keepAlive, pipeline, silent, slowReader, upload } from './requests.ts'
import { cutSession, silentSession, streams } from './streams.ts'
import type { Client } from './visit.ts'
import { webSocket } from './web-socket.ts'

/** Correct and incorrect clients, each with its share of the visits. */
export type Mix = readonly (readonly [share: number, client: Client])[]

/** The clients of a server: those that speak its protocol, malformed input, and those that arrive at the deadline. */
export const mixes: Readonly<
  Record<'http/1.1' | 'h2', { readonly mix: Mix; readonly malformed: Client; readonly edge: Client }>
> = {
  'http/1.1': {
    mix: [
      [25, keepAlive],
      [15, fresh],
      [15, pipeline],
      [15, cut],
      [8, upload],
      [8, webSocket],
      [4, silent],
      [1, slowReader],
    ],
    malformed: malformedRequests,
    edge,
  },
  h2: {
    mix: [
      [40, streams],
      [15, cutSession],
      [5, silentSession],
      [5, silent],
    ],
    malformed: malformedFrames,
    edge: edgeSession,
  },
}
