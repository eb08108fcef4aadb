import { posix } from 'node:path'
import { findCircles, type Graph } from './find-circles.ts'
import { relativeImports, resolveImport } from './imports.ts'

/** A circle of imports. Each member imports the next one, and the last member imports the first. */
export interface Circle {
  /** `folders`: the members are folders and files of one folder, and files below them import each other. */
  readonly kind: 'files' | 'folders'
  readonly members: readonly string[]
  /** For each member, one import that leads to the next. */
  readonly imports: readonly { readonly from: string; readonly to: string }[]
}

type Edge = Circle['imports'][number]

/**
 * Returns the circles of imports among files, and then among the folders and files of each folder. Only the first kind
 * includes tests (`*.test.ts`): a test may use files of folders above its own. Leaves out circles of folders that a
 * circle of files contains.
 */
export function checkCircles(sources: ReadonlyMap<string, string>): Circle[] {
  const edges = edgesOf(sources)
  const ofFiles = circlesOf('files', edges, (path) => path)
  const imports = edges.filter(({ from }) => !/\.test\.[cm]?[jt]s$/.test(from))
  const ofFolders = foldersOf([...sources.keys()]).flatMap((folder) =>
    circlesOf(
      'folders',
      imports.filter(({ from, to }) => isIn(folder, from) && isIn(folder, to)),
      (path) => childOf(folder, path),
    ),
  )
  return [...ofFiles, ...ofFolders.filter((circle) => !ofFiles.some((other) => contains(other, circle)))]
}

function edgesOf(sources: ReadonlyMap<string, string>): Edge[] {
  const files = new Set(sources.keys())
  return [...sources].flatMap(([from, source]) =>
    relativeImports(source).flatMap((specifier) => {
      const to = resolveImport(files, from, specifier)
      return to === undefined || to === from ? [] : [{ from, to }]
    }),
  )
}

function circlesOf(kind: Circle['kind'], edges: readonly Edge[], node: (path: string) => string): Circle[] {
  const graph = new Map<string, Set<string>>()
  for (const { from, to } of edges) {
    if (node(from) === node(to)) continue
    graph.set(node(from), (graph.get(node(from)) ?? new Set()).add(node(to)))
  }
  return findCircles(graph satisfies Graph).map((members) => ({
    kind,
    members,
    imports: members.flatMap((member, index) => {
      const next = members[(index + 1) % members.length]
      return edges.filter(({ from, to }) => node(from) === member && node(to) === next).slice(0, 1)
    }),
  }))
}

/** Every folder that contains files, directly or in folders of its own. */
function foldersOf(files: readonly string[]): string[] {
  const folders = new Set<string>()
  for (const file of files) {
    for (let folder = posix.dirname(file); folder !== '.'; folder = posix.dirname(folder)) folders.add(folder)
  }
  return [...folders].toSorted()
}

function isIn(folder: string, path: string): boolean {
  return path.startsWith(`${folder}/`)
}

function childOf(folder: string, path: string): string {
  return path.slice(0, `${path}/`.indexOf('/', folder.length + 1))
}

function contains(files: Circle, folders: Circle): boolean {
  return folders.imports.every(({ from, to }) => files.imports.some((other) => other.from === from && other.to === to))
}
