import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { readJson } from '../command/json-value.ts'

/** A package that is published. */
export interface Published {
  readonly name: string
  readonly version: string
  readonly folder: string
}

/** Returns the published packages among the folders of a folder, in their current state. */
export function publishedIn(packages: string): Published[] {
  return readdirSync(packages).flatMap((directory) => {
    const folder = join(packages, directory)
    const manifest = readJson(join(folder, 'package.json'), 'a package.json')
    if (manifest.get('private').is(true)) return []
    return [{ name: manifest.get('name').text(), version: manifest.get('version').text(), folder }]
  })
}
