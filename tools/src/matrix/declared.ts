import matrix from './matrix.json' with { type: 'json' }

/** A major of a framework. */
export interface Major {
  readonly name: string
  /** The name under which the workspace installs its last version. */
  readonly alias: string
  /** The first version that the peer range allows. */
  readonly first: string
}

/** A framework with an adapter. */
export interface Framework {
  /** The name of the package, and of the adapter. */
  readonly package: string
  readonly majors: readonly Major[]
  /** A version that is not released yet. Its tests may fail. `instead` is the alias that it takes the place of. */
  readonly next?: { readonly name: string; readonly instead: string; readonly version: string } | undefined
}

/** A package that works beside ours, or a way of building. */
export interface Declaration {
  readonly name: string
  /** The part of a test's name, or the start of its title, that selects its tests. */
  readonly tests: string
  /** The package whose version is shown. */
  readonly tool?: string | undefined
}

/** Every combination that is declared supported, but for other runtimes. */
export interface Declared {
  /** The majors of Node. */
  readonly nodes: readonly string[]
  readonly frameworks: readonly Framework[]
  readonly companions: readonly Declaration[]
  /** The manifest that names the compilers. */
  readonly compilers: string
  readonly consumers: readonly Declaration[]
}

export const DECLARED: Declared = matrix
