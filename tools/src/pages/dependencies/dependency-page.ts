import { LIMIT, type Reasons, type Trees } from './dependency-trees.ts'
import type { Manifest } from './manifest.ts'

const INTRO = `# Dependencies

<!-- Made by \`npx -y pnpm@12 dependencies\`. The reasons are in tools/src/pages/dependencies/reasons.json. -->

The packages that \`npm install\` of each package adds. Bundled code keeps its own licence, and needs no installation
([why](../decisions/0027-how-dist-is-built.md)). All packages together use at most ${LIMIT} packages of others.
`

/** Returns the text of docs/dependencies.md. */
export function dependencyPage(published: readonly Manifest[], { trees, others }: Trees, reasons: Reasons): string {
  return [
    INTRO,
    '## Trees\n',
    `\`\`\`text\n${trees.join('\n')}\`\`\`\n`,
    '## Packages of others\n',
    '| package | version | license | why |',
    '| --- | --- | --- | --- |',
    ...others.map(({ name, version, license }) => `| \`${name}\` | ${version} | ${license} | ${reasons[name]} |`),
    '\n## Peers\n',
    'Packages that a user already has, in the ranges that the tests run. Types are optional, since JavaScript needs none.\n',
    '| package | peer | range | |',
    '| --- | --- | --- | --- |',
    ...published.flatMap(peerRows),
    '',
  ].join('\n')
}

function peerRows({ name, peers }: Manifest): string[] {
  return peers.map(
    (peer) =>
      `| \`${name}\` | \`${peer.name}\` | \`${peer.range.replaceAll('|', '\\|')}\` | ${peer.optional ? 'optional' : ''} |`,
  )
}
