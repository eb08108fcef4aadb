import { idle } from '@idle-shutdown/koa'
import Koa from 'koa'

const app = new Koa()
app.use(idle({ app, patience: '200ms', startupPatience: '1m' }))
app.use((context) => {
  context.body = context.state.idleSignal.aborted ? 'closing' : 'Hello'
})
const server = app.listen(0, () => console.log(`port ${Object(server.address()).port}`))
