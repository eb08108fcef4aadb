declare module 'stoppable' {
  export default function stoppable<T>(server: T, grace?: number): T & { stop(done?: () => void): void }
}

declare module 'server-destroy' {
  export default function enableDestroy(server: object): void
}

declare module 'http-graceful-shutdown' {
  export default function gracefulShutdown(
    server: object,
    options?: { signals?: string; forceExit?: boolean },
  ): () => Promise<void>
}
