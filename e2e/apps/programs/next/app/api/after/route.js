import { after } from 'next/server'

/** Answers at once, and works for the milliseconds in the query. */
export async function POST(request) {
  const ms = Number(new URL(request.url).searchParams.get('ms'))
  after(async () => {
    await new Promise((resolve) => setTimeout(resolve, ms))
    console.log('worked')
  })
  return Response.json({ accepted: true }, { status: 202 })
}
