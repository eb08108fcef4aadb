export { type Outcome, Systemd } from './systemd.ts'
export { Workplace } from './workplace.ts'
