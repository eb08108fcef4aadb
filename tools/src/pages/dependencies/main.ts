// Makes docs/dependencies.md: the packages that npm installs for each published package, and the third-party code
// bundled in it (a devDependency with a reason). The data comes from the manifests and the packages installed by the
// lockfile, the reasons from reasons.json.
// `--check` fails if the page is out of date. Each run fails if a dependency has no reason, or if there are more than
// two third-party packages.
import { readArguments } from '../../command/read-arguments.ts'
import { runCommand } from '../../command/run-command.ts'
import { formatPage } from '../format-page.ts'
import { settlePages } from '../settle-pages.ts'
import { dependencyPage } from './dependency-page.ts'
import { checkReasons, dependencyTrees, type Reasons } from './dependency-trees.ts'
import { findInstalled, publishedPackages } from './manifest.ts'
import declared from './reasons.json' with { type: 'json' }

const PAGE = 'docs/dependencies.md'
const reasons: Reasons = declared

await runCommand('dependencies', (args) => {
  const { values } = readArguments('pnpm dependencies [--check]', args, {
    options: { check: { type: 'boolean', default: false } },
  })
  const published = publishedPackages()
  const trees = dependencyTrees(published, reasons, findInstalled)
  const problems = checkReasons(trees.others, reasons)
  if (problems.length === 0) {
    const manifests = published.map(({ manifest }) => manifest)
    const page = { file: PAGE, text: formatPage(PAGE, dependencyPage(manifests, trees, reasons)) }
    const mode = values.check ? 'check' : 'write'
    problems.push(...settlePages([page], mode, 'the installed packages', 'pnpm dependencies'))
  }
  for (const problem of problems) console.error(problem)
  if (problems.length === 0)
    console.log(`${PAGE}: ${published.length} packages, ${trees.others.length} dependencies of others`)
  return problems.length === 0
})
