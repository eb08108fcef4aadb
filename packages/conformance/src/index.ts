export type { Behaviour } from './behaviour.ts'
export { conformance } from './conformance.ts'
export { behavioursOf, runBehaviour } from './run-behaviour.ts'
export type { Handler, Idle, Request, Response, RunningServer, ServeOptions, Subject } from './subject.ts'
