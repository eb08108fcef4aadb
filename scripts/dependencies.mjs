// Makes docs/dependencies.md: the packages that npm installs for each published package, and the third-party code
// bundled in it (a devDependency with a reason). The data comes from the manifests and the packages installed by the
// lockfile, the reasons from dependencies.json.
// `--check` fails if the page is out of date, if a dependency has no reason, or if there are more than two third-party
// packages.
import { existsSync, readdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { formatPage } from './format-page.mjs'

/**
 * @typedef {object} Manifest
 * @property {string} name
 * @property {string} version
 * @property {string} license
 * @property {boolean} [private]
 * @property {Record<string, string>} [dependencies]
 * @property {Record<string, string>} [devDependencies]
 * @property {Record<string, string>} [peerDependencies]
 * @property {Record<string, { optional?: boolean }>} [peerDependenciesMeta]
 */

const PAGE = 'docs/dependencies.md'
const LIMIT = 2
const INTRO = `# Dependencies

<!-- Made by \`npx -y pnpm@12 dependencies\`. The reasons are in scripts/dependencies.json. -->

The packages that \`npm install\` of each package adds. Bundled code keeps its own licence, and needs no installation
([why](../decisions/0027-how-dist-is-built.md)). All packages together use at most ${LIMIT} packages of others.
`

/** @type {Record<string, string>} */
const reasons = JSON.parse(readFileSync(new URL('dependencies.json', import.meta.url), 'utf8'))
const published = readdirSync('packages')
  .map((directory) => ({ folder: join('packages', directory), manifest: read(join('packages', directory)) }))
  .filter(({ manifest }) => !manifest.private)
const ours = new Set(published.map(({ manifest }) => manifest.name))
/** The third-party packages by name. */
/** @type {Map<string, Manifest>} */
const others = new Map()

const trees = published.map(({ folder, manifest }) => `${manifest.name}\n${tree(folder, manifest, '')}`)
/** @type {string[]} */
const problems = []
for (const name of others.keys())
  if (reasons[name] === undefined) problems.push(`${name} has no reason in dependencies.json`)
for (const name of Object.keys(reasons))
  if (!others.has(name)) problems.push(`dependencies.json has a reason for ${name}, which is not a dependency`)
if (others.size > LIMIT)
  problems.push(
    `at most ${LIMIT} packages of others are allowed. Found ${others.size}: ${[...others.keys()].join(', ')}`,
  )

const page = formatPage(
  PAGE,
  [
    INTRO,
    '## Trees\n',
    `\`\`\`text\n${trees.join('\n')}\`\`\`\n`,
    '## Packages of others\n',
    '| package | version | license | why |',
    '| --- | --- | --- | --- |',
    ...[...others.values()].map(
      ({ name, version, license }) => `| \`${name}\` | ${version} | ${license} | ${reasons[name]} |`,
    ),
    '\n## Peers\n',
    'Packages that a user already has, in the ranges that the tests run. Types are optional, since JavaScript needs none.\n',
    '| package | peer | range | |',
    '| --- | --- | --- | --- |',
    ...published.flatMap(({ manifest }) => peers(manifest)),
    '',
  ].join('\n'),
)
const before = existsSync(PAGE) ? readFileSync(PAGE, 'utf8') : ''
if (problems.length === 0 && page !== before) {
  if (process.argv.includes('--check'))
    problems.push(`${PAGE} does not match the installed packages. Run pnpm dependencies`)
  else writeFileSync(PAGE, page)
}
for (const problem of problems) console.error(problem)
if (problems.length > 0) process.exitCode = 1
else console.log(`${PAGE}: ${published.length} packages, ${others.size} dependencies of others`)

/** Returns the dependencies below a package, one per line. @returns {string} */
function tree(
  /** @type {string} */ folder,
  /** @type {Manifest} */ { name: owner, dependencies = {}, devDependencies = {} },
  /** @type {string} */ indent,
) {
  const bundled = ours.has(owner) ? Object.keys(devDependencies).filter((name) => name in reasons) : []
  const names = [...Object.keys(dependencies), ...bundled]
  return names
    .map((name, index) => {
      const last = index === names.length - 1
      const at = find(folder, name)
      const manifest = read(at)
      if (!ours.has(name)) others.set(name, manifest)
      const line = `${indent}${last ? '└── ' : '├── '}${name}${ours.has(name) ? '' : ` ${manifest.version}`}${bundled.includes(name) ? ', bundled' : ''}\n`
      return line + tree(at, manifest, `${indent}${last ? '    ' : '│   '}`)
    })
    .join('')
}

function peers(/** @type {Manifest} */ { name, peerDependencies = {}, peerDependenciesMeta = {} }) {
  return Object.entries(peerDependencies).map(([peer, range]) => {
    const optional = peerDependenciesMeta[peer]?.optional ? 'optional' : ''
    return `| \`${name}\` | \`${peer}\` | \`${range.replaceAll('|', '\\|')}\` | ${optional} |`
  })
}

/** Returns the folder in which Node would find a dependency of the package in this folder. @returns {string} */
function find(/** @type {string} */ folder, /** @type {string} */ name) {
  for (let up = realpathSync(folder); up !== dirname(up); up = dirname(up)) {
    const candidate = join(up, 'node_modules', name)
    if (existsSync(candidate)) return realpathSync(candidate)
  }
  throw new Error(`${name} is not installed for ${folder}. Run pnpm install`)
}

/** @returns {Manifest} */
function read(/** @type {string} */ folder) {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
}
