import { createServer } from 'node:http'
import { PrismaPg } from '@prisma/adapter-pg'
import { PrismaClient } from '@prisma/client'

const prisma = new PrismaClient({ adapter: new PrismaPg({ connectionString: process.env.DATABASE_URL }) })
const server = createServer(async (req, res) => {
  await prisma.visit.create({ data: { path: req.url } })
  res.end(`Hello from visit ${await prisma.visit.count()}`)
})
process.on('SIGTERM', async () => {
  await prisma.visit.create({ data: { path: 'end' } })
  await prisma.$disconnect()
})
server.listen(process.env.PORT)
