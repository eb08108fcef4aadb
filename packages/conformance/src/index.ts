export { conformance } from './conformance.ts'
// Exports that also work outside of a test runner.
export * from './program.ts'
export { StoppedClock } from './stopped-clock.ts'
