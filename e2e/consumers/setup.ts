import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { type Packed, pack } from './packed.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** All published packages. */
    packed: readonly Packed[]
    /** A folder outside the workspace, which is removed at the end. */
    temp: string
  }
}

/** Packs the packages once for all tests. */
export default function setup(project: TestProject): () => void {
  const temp = mkdtempSync(join(tmpdir(), 'idle-shutdown-consumers-'))
  project.provide('packed', pack(temp))
  project.provide('temp', temp)
  return () => rmSync(temp, { recursive: true, force: true })
}
