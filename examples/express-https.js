// Express with an HTTPS server that the program creates itself.
import { createServer } from 'node:https'
import { idle } from '@idle-shutdown/express'
import express from 'express'
import { announce } from './announce.js'
import { tlsFiles } from './tls-files.js'

const app = express()
app.use(idle({ patience: `${Number(process.env.PATIENCE ?? 900)}s` }))
app.get('/', (_req, res) => void res.send('Hello\n'))
const server = createServer(tlsFiles(), app).listen(0, '127.0.0.1', () => announce(server, 'https'))
