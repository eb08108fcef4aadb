/** Answers at once, and works for the milliseconds in the query. */
export default defineEventHandler((event) => {
  const ms = Number(getQuery(event).ms)
  event.waitUntil(new Promise((resolve) => setTimeout(resolve, ms)).then(() => console.log('worked')))
  setResponseStatus(event, 202)
  return { accepted: true }
})
