import { Controller, Get, Module } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'

class Greeter {
  greet() {
    return 'Hello'
  }
  onModuleDestroy() {
    console.log('onModuleDestroy')
  }
  async beforeApplicationShutdown(signal) {
    await new Promise((resolve) => setTimeout(resolve, 200))
    console.log(`beforeApplicationShutdown ${signal}`)
  }
  onApplicationShutdown(signal) {
    console.log(`onApplicationShutdown ${signal}`)
  }
}
Get()(Greeter.prototype, 'greet', Object.getOwnPropertyDescriptor(Greeter.prototype, 'greet'))
Controller()(Greeter)
class AppModule {}
Module({ controllers: [Greeter] })(AppModule)

const app = await NestFactory.create(AppModule, { logger: false })
app.enableShutdownHooks()
await app.listen(process.env.PORT ?? 0)
