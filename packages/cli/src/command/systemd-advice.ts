import type { UnitOptions } from './systemd-units.ts'

/**
 * The cache folders in which npx, `pnpm dlx` and bunx install packages for one call, and from which they remove them
 * later.
 */
const CACHES: readonly [tool: string, folder: RegExp][] = [
  ['npx', /[\\/]_npx[\\/]/],
  ['pnpm dlx', /[\\/]dlx[\\/]/],
  ['bunx', /[\\/]bunx-/],
]

/**
 * Returns what a user must know and do before the units work, a line each. `written` is true if the units are in their
 * folder.
 */
export function advice(options: UnitOptions, written: boolean): string[] {
  const { name } = options
  const enable = `systemctl daemon-reload && systemctl enable --now ${name}.socket`
  const folder = '/etc/systemd/system'
  return [
    ...temporaryPaths(options),
    written
      ? `next: ${enable}`
      : `next: write these to ${folder}/${name}.socket and ${folder}/${name}.service (--write ${folder} does), then ${enable}`,
  ]
}

function temporaryPaths({ preload, node, args }: UnitOptions): string[] {
  const found = [preload, node, ...args].flatMap((path) => {
    const tool = /^(\/|file:)/.test(path) ? CACHES.find(([, folder]) => folder.test(path))?.[0] : undefined
    return tool === undefined ? [] : [{ path: path.replace(/^file:\/\//, ''), tool }]
  })
  return found.map(
    ({ path, tool }) =>
      `warning: the service needs ${path}, in the cache of ${tool}, which may be emptied; npm install idle-shutdown where it stays, and run this from there`,
  )
}
