export { idle as default, idle as 'module.exports' } from './idle.ts'
// All that TypeScript before 5.6 can read, which knows no export name in quotes.
export * from './named.ts'
