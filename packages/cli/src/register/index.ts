import { readSettings } from './settings.ts'

readSettings(process.env)
