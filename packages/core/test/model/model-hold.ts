/** A hold, or the work of a `waitUntil` call. */
export class ModelHold {
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
