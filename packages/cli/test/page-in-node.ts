import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createContext, runInContext } from 'node:vm'
import { type StatusReport, statusReport } from '../src/status/status-report.ts'
import type { StatusSource } from './status-source.ts'

const SCRIPT = readFileSync(join(import.meta.dirname, '../status-page/script.js'), 'utf8')

/** An element that takes text and children. Throws if HTML is set as text, which the page must not do. */
class Element {
  textContent = ''
  hidden = false
  className = ''
  readonly style: Record<string, string> = {}
  readonly children: (string | Element)[] = []

  append(...children: (string | Element)[]): void {
    this.children.push(...children)
  }

  replaceChildren(...children: (string | Element)[]): void {
    this.children.splice(0, this.children.length, ...children)
  }

  set innerHTML(_: string) {
    throw new Error('innerHTML')
  }

  /** Returns its text, with that of its children. */
  get text(): string {
    return this.textContent + this.children.map((child) => (typeof child === 'string' ? child : child.text)).join()
  }
}

/** The script of the status page, with a report, in a simulated document. No browser is needed. */
export class PageInNode {
  readonly title: string
  readonly #elements = new Map<string, Element>()

  private constructor(title: string, elements: Map<string, Element>) {
    this.title = title
    this.#elements = elements
  }

  /** Shows a status as the page does at its first answer. */
  static async showing({ status }: StatusSource, now: number = Date.now()): Promise<PageInNode> {
    const report: StatusReport = JSON.parse(JSON.stringify(statusReport(status, now)))
    const elements = new Map<string, Element>()
    const document = {
      title: '',
      hidden: false,
      body: { dataset: {} },
      addEventListener() {},
      createElement: () => new Element(),
      getElementById(id: string): Element {
        const found = elements.get(id) ?? new Element()
        elements.set(id, found)
        return found
      },
    }
    const json = async (): Promise<StatusReport> => report
    const fetch = async (): Promise<object> => ({ ok: true, json })
    const page = createContext({ document, fetch, AbortSignal, setInterval() {}, Date: { now: () => now } })
    runInContext(SCRIPT, page)
    // The first answer arrives after a few turns.
    await new Promise((resolve) => setImmediate(resolve))
    return new PageInNode(document.title, elements)
  }

  /** Returns the text of an element of the page. */
  says(id: string): string {
    return this.#elements.get(id)?.text ?? ''
  }
}
