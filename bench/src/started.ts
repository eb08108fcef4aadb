// A program that only starts: `node started.js MODULE…`. Prints for how many milliseconds it has lived when all are imported.
for (const module of process.argv.slice(2)) await import(module)
console.log(performance.now())
