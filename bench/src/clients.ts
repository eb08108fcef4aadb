import type { Order } from './orders.ts'
import { Subprocess } from './subprocess.ts'

/** Clients in another process. They answer with how many connections are open, or how many requests were answered. */
export class Clients extends Subprocess<Order, number> {
  constructor() {
    super('client.js', [])
  }
}
