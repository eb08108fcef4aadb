export { idle as default, idle as 'module.exports' } from './idle.ts'
// Everything that TypeScript before 5.6 can read, which does not support export names in quotes.
export * from './named.ts'
