// Exports for programs that try behaviours without a test runner.

export { coreSubjects } from './core-subjects.ts'
export { behavioursOf, runBehaviour } from './run-behaviour.ts'
