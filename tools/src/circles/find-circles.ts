/** The files or folders that each file or folder imports. */
export type Graph = ReadonlyMap<string, ReadonlySet<string>>

/**
 * Returns the circles of a graph, each once: of each group whose members all reach each other, a shortest circle. A
 * circle starts with the member that sorts first.
 */
export function findCircles(graph: Graph): string[][] {
  const reached = new Map([...graph.keys()].map((node) => [node, reachableFrom(graph, node)]))
  const reaches = (from: string, to: string): boolean => reached.get(from)?.has(to) === true
  const seen = new Set<string>()
  const circles: string[][] = []
  for (const node of [...graph.keys()].toSorted()) {
    if (seen.has(node) || !reaches(node, node)) continue
    const group = [...graph.keys()].filter((other) => reaches(node, other) && reaches(other, node)).toSorted()
    for (const member of group) seen.add(member)
    circles.push(...circlesThrough(graph, group))
  }
  return circles
}

/** Returns shortest circles of a group that together contain each of its members. */
function circlesThrough(graph: Graph, group: readonly string[]): string[][] {
  const covered = new Set<string>()
  const circles: string[][] = []
  const shortest = group.map((member) => shortestCircle(graph, member)).toSorted((a, b) => a.length - b.length)
  for (const circle of shortest) {
    if (circle.every((member) => covered.has(member))) continue
    for (const member of circle) covered.add(member)
    circles.push(fromFirst(circle))
  }
  return circles
}

function reachableFrom(graph: Graph, start: string): Set<string> {
  const reached = new Set<string>()
  const next = [start]
  for (let node = next.pop(); node !== undefined; node = next.pop()) {
    for (const target of graph.get(node) ?? []) {
      if (reached.has(target)) continue
      reached.add(target)
      next.push(target)
    }
  }
  return reached
}

/** Searches breadth first, so that the first way back is a shortest one. */
function shortestCircle(graph: Graph, start: string): string[] {
  const visited = new Set([start])
  const paths = [[start]]
  for (const path of paths) {
    const last = path.at(-1) ?? start
    for (const target of graph.get(last) ?? []) {
      if (target === start) return path
      if (visited.has(target)) continue
      visited.add(target)
      paths.push([...path, target])
    }
  }
  return []
}

function fromFirst(circle: readonly string[]): string[] {
  const [first = ''] = circle.toSorted()
  const at = circle.indexOf(first)
  return [...circle.slice(at), ...circle.slice(0, at)]
}
