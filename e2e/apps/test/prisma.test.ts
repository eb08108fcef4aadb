import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { freePort, getText } from '@idle-shutdown/testing'
import { expect, test } from 'vitest'
import { needsPostgres, startPostgres } from '../../processes/test/companions/databases.ts'
import { AppProgram } from '../src/app-program.ts'
import { chosen, PRISMA } from '../src/apps.ts'
import { installed, pinned } from '../src/installation.ts'

// Prisma is not in the table of apps.ts, because it needs a database.

const COMMAND = join(dirname(createRequire(import.meta.url).resolve('idle-shutdown/register')), '../main.js')

test.runIf(chosen([PRISMA]).length > 0)(
  `prisma ${pinned('prisma', 'prisma')}: stores its last row and disconnects at each idle end under run`,
  async (context) => {
    needsPostgres(context)
    await using postgres = await startPostgres()
    await postgres.query('create table "Visit" (id serial primary key, path text not null)')
    const port = await freePort()
    const options = ['run', '--listen', `127.0.0.1:${port}`, '--patience', '1s', '--startup-patience', '1h', '--json']
    await using program = new AppProgram(
      installed('prisma'),
      [COMMAND, ...options, '--', process.execPath, 'server.js'],
      { DATABASE_URL: postgres.url },
    )
    await program.event('listening')
    for (const [round, visits] of [1, 3].entries()) {
      expect(await getText(port, '/')).toBe(`Hello from visit ${visits}`)
      await program.event('ended', round + 1)
    }
    program.kill('SIGTERM')
    expect(await program.ended).toMatchObject({ code: 0, signal: null })
    expect(await postgres.query('select path from "Visit" order by id')).toEqual(['/', 'end', '/', 'end'])
    expect(program.events('crashed')).toEqual([])
    expect(program.stderr).not.toContain('by force')
  },
)
