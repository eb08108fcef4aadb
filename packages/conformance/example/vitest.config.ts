import { defineConfig } from 'vitest/config'

// Most behaviours wait for time to pass, so many can run at once.
export default defineConfig({ test: { maxConcurrency: 12, testTimeout: 60_000 } })
