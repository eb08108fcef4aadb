export { type Outcome, Systemd } from './systemd.ts'
export { TempFolder } from './temp-folder.ts'
