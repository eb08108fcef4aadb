const koa = require('koa')
const { idle } = require('@idle-shutdown/koa')

// Koa 3 is an ES module with a default export. Koa 2 is the class itself.
const app = new (koa.default ?? koa)()
app.use(idle({ app, patience: '200ms', startupPatience: '1m' }))
app.use((context) => {
  context.body = context.state.idleSignal.aborted ? 'closing' : 'Hello'
})
const server = app.listen(0, () => console.log(`port ${server.address().port}`))
