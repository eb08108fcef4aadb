import { createRequire } from 'node:module'
import { join } from 'node:path'
import { onDemand } from './companion.ts'

const SDK = '@modelcontextprotocol/sdk'

/** The parts of the SDK that the tests use. */
interface Sdk {
  readonly Client: new (info: {
    name: string
    version: string
  }) => {
    onerror?: (error: Error) => void
    connect(transport: Transport): Promise<void>
    callTool(call: {
      name: string
      arguments: Readonly<Record<string, unknown>>
    }): Promise<{ content: readonly { text: string }[] }>
    close(): Promise<void>
  }
  readonly StreamableHTTPClientTransport: new (
    url: URL,
    options: { fetch: typeof fetch; reconnectionOptions: Readonly<Record<string, number>> },
  ) => Transport
}

interface Transport {
  readonly sessionId?: string
  terminateSession(): Promise<void>
}

/** A GET of the SDK's client: its status, and how its body ended, once it has ended. */
export interface EventStream {
  readonly status: number
  readonly ended: Promise<'properly' | 'cut'>
}

/** The SDK's own client, connected to a server. Reports each GET that the client sends. */
export class McpClient {
  readonly streams: EventStream[] = []
  readonly errors: string[] = []
  readonly #client: InstanceType<Sdk['Client']>
  readonly #transport: Transport

  /** Begins a session if the server has sessions, and opens the GET stream if the server offers one. */
  static async connect(port: number): Promise<McpClient> {
    const client = new McpClient(port)
    await client.#client.connect(client.#transport)
    return client
  }

  private constructor(port: number) {
    const require = createRequire(join(onDemand, 'package.json'))
    const { Client }: Pick<Sdk, 'Client'> = require(`${SDK}/client/index.js`)
    const transports: Pick<Sdk, 'StreamableHTTPClientTransport'> = require(`${SDK}/client/streamableHttp.js`)
    this.#client = new Client({ name: 'test', version: '1.0.0' })
    this.#client.onerror = ({ message }) => this.errors.push(message)
    this.#transport = new transports.StreamableHTTPClientTransport(new URL(`http://127.0.0.1:${port}/mcp`), {
      fetch: (url, init) => this.#fetch(url, init),
      // The SDK's own defaults.
      reconnectionOptions: {
        initialReconnectionDelay: 1000,
        maxReconnectionDelay: 30_000,
        reconnectionDelayGrowFactor: 1.5,
        maxRetries: 2,
      },
    })
  }

  /** The id of the session, or `undefined` if the server has no sessions. */
  get session(): string | undefined {
    return this.#transport.sessionId
  }

  /** Calls a tool, and returns the text of its answer. */
  async call(name: string, args: Readonly<Record<string, unknown>>): Promise<string | undefined> {
    const { content } = await this.#client.callTool({ name, arguments: args })
    return content[0]?.text
  }

  /** Sends DELETE. */
  async terminate(): Promise<void> {
    await this.#transport.terminateSession()
  }

  async close(): Promise<void> {
    await this.#client.close()
  }

  async #fetch(...[url, init]: Parameters<typeof fetch>): Promise<Response> {
    const response = await fetch(url, init)
    if (init?.method !== 'GET') return response
    const [own, theirs] = response.body?.tee() ?? [null, null]
    this.streams.push({ status: response.status, ended: endOf(own) })
    return new Response(theirs, { status: response.status, headers: response.headers })
  }
}

async function endOf(body: ReadableStream<Uint8Array> | null): Promise<'properly' | 'cut'> {
  try {
    if (body !== null) for await (const _ of body);
    return 'properly'
  } catch {
    return 'cut'
  }
}
