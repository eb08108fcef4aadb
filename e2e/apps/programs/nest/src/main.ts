import 'reflect-metadata'
import { Body, Controller, Get, Injectable, Module, Post } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'

@Injectable()
class Greeter {
  greet(name: string) {
    return { hello: name }
  }
}

@Controller()
class HelloController {
  constructor(private readonly greeter: Greeter) {}

  @Get()
  page() {
    return 'Hello from a controller'
  }

  @Post('hello')
  hello(@Body() body: { name: string }) {
    return this.greeter.greet(body.name)
  }
}

@Module({ controllers: [HelloController], providers: [Greeter] })
class AppModule {}

const app = await NestFactory.create(AppModule)
app.enableShutdownHooks()
await app.listen(Number(process.env.PORT), '127.0.0.1')
