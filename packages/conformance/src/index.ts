export { conformance } from './conformance.ts'
// What runs outside of a test runner, too.
export * from './program.ts'
export { StoppedClock } from './stopped-clock.ts'
