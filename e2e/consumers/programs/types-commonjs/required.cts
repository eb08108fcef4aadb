import { type CloseReport, idleShutdown as watch } from '@idle-shutdown/core'
import idleOfExpress, { type IdleMiddleware } from '@idle-shutdown/express'
import { idleShutdown } from '@idle-shutdown/fastify'
import { idle, ignored } from '@idle-shutdown/koa'

import itself = require('@idle-shutdown/express')

export const middleware: IdleMiddleware = idleOfExpress({ patience: '15m' })
export const same: IdleMiddleware = itself({ patience: '15m' })
export const all = [watch, idleShutdown, idle, ignored, itself.ignored]
export type Report = CloseReport

// @ts-expect-error: the name is misspelt
itself({ patince: 5 })
