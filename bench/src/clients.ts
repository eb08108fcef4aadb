import type { Order } from './orders.ts'
import { Subprocess } from './subprocess.ts'

/** Clients in another process. They report the number of open connections, or of answered requests. */
export class Clients extends Subprocess<Order, number> {
  constructor() {
    super('client.js', [])
  }
}
