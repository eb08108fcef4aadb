export default eventHandler(() => 'Hello from a route')
