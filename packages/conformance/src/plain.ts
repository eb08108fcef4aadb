// Exports for programs that try behaviours without a test runner.
export { attempt, behavioursOf } from './attempt.ts'
export { coreSubjects } from './core-subjects.ts'
