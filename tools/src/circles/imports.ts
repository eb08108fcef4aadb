import { posix } from 'node:path'
import jsTokens, { type Token } from 'js-tokens'

/**
 * Returns the relative paths that a JavaScript or TypeScript file imports: statements, `import()` expressions and
 * types, `require()`, and the `import()` types of JSDoc. Types count, since they are knowledge of the other file too.
 */
export function relativeImports(source: string): string[] {
  const tokens = [...jsTokens(source)].filter(({ type }) => type !== 'WhiteSpace' && type !== 'LineTerminatorSequence')
  const specifiers = tokens.flatMap((token, index) => {
    if (token.type === 'MultiLineComment') return typesOfComment(token.value)
    return token.type === 'StringLiteral' && isImported(tokens, index) ? [token.value.slice(1, -1)] : []
  })
  return [...new Set(specifiers)].filter((specifier) => /^\.\.?\//.test(specifier))
}

/**
 * Returns the file of `files` that a relative import of `importer` names, or undefined. Built files lead to their
 * source.
 */
export function resolveImport(files: ReadonlySet<string>, importer: string, specifier: string): string | undefined {
  const path = posix.join(posix.dirname(importer), specifier)
  const source = path.replace(/\/dist\//, '/src/')
  return [path, source.replace(/\.([cm]?)js$/, '.$1ts'), source].find((file) => files.has(file))
}

function isImported(tokens: readonly Token[], index: number): boolean {
  const [beforeThat, before] = [tokens[index - 2]?.value, tokens[index - 1]?.value]
  if (before === 'from' || before === 'import') return true
  return before === '(' && (beforeThat === 'import' || beforeThat === 'require')
}

function typesOfComment(comment: string): string[] {
  return [...comment.matchAll(/\bimport\((['"])([^'"]+)\1\)/g)].map(([, , specifier = '']) => specifier)
}
