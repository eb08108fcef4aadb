export default eventHandler(async (event) => ({ hello: (await readBody(event)).name }))
