const express = require('express')
const { idle } = require('@idle-shutdown/express')

const app = express()
app.use(idle({ patience: '200ms', startupPatience: '1m' }))
app.get('/healthz', idle.ignored, (_request, response) => {
  response.send('ok')
})
app.get('/', (request, response) => {
  response.send(request.idleSignal.aborted ? 'closing' : 'Hello')
})
const server = app.listen(0, () => console.log(`port ${server.address().port}`))
