/** A hold, or work that `waitUntil` was given. */
export class HoldReference {
  readonly number: number
  readonly work: boolean

  constructor(number: number, work: boolean) {
    this.number = number
    this.work = work
  }

  toString(): string {
    return `hold ${this.number}`
  }
}
