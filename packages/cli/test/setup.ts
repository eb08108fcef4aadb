import { endPrograms } from '@idle-shutdown/testing'
import { afterAll } from 'vitest'

// Not when a test ends: tests that run at the same time share their hooks.
afterAll(endPrograms)
