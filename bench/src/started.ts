// Imports the given modules and nothing else: `node started.js MODULE…`. Prints the process's age in milliseconds once
// all are imported.
for (const module of process.argv.slice(2)) await import(module)
console.log(performance.now())
