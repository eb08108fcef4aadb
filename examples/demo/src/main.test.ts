import { fileURLToPath } from 'node:url'
import { Program } from '@idle-shutdown/testing'
import { expect, it, vi } from 'vitest'

// On a busy machine, three servers may take half a minute to listen.
vi.setConfig({ testTimeout: 60_000 })

async function demo(...args: string[]): Promise<{ code: number | null; output: string; errors: string }> {
  const main = fileURLToPath(new URL('../dist/main.js', import.meta.url))
  const env = { CI: 'true', FORCE_COLOR: undefined }
  const { code, stdout, stderr } = await new Program([main, ...args], { env }).ended
  return { code, output: stdout, errors: stderr }
}

it('shows three servers that lose nothing and end by themselves, in plain lines', async () => {
  const { code, output, errors } = await demo('--patience', '1s', '--length', '300ms')

  expect(errors).toBe('')
  expect(code, output).toBe(0)
  expect(output).not.toContain('\x1b')
  for (const name of ['Express', 'Fastify', 'Koa']) {
    const row = new RegExp(`^  ${name} +([\\d,]+) +([\\d,]+) +0 +([\\d,]+) ms +1,000 ms +[\\d,]+ ms +0$`, 'm').exec(
      output,
    )
    expect(row, output).not.toBeNull()
    const [, sent, answered, idleAfter] = row ?? []
    expect(answered).toBe(sent)
    // The demo measures from outside. A busy machine makes the time longer. The response's way to the client makes it a
    // little shorter.
    expect(Number(idleAfter?.replace(',', ''))).toBeGreaterThan(900)
    expect(output).toMatch(new RegExp(`s  ${name} +has its WebSocket closed with 1001`))
  }
  expect(output).toMatch(/None of [\d,]+ requests was lost, and each server ended by itself with code 0\.\n$/)
})

it('prints one sentence and exits with 2 if an option is wrong', async () => {
  expect(await demo('--patience', 'soon')).toEqual({
    code: 2,
    output: '',
    errors: "--patience must be a duration from 100ms to 1h, such as 500ms or 3s. Received 'soon'\n",
  })
})
