// However busy the machine.
export default { test: { include: ['*.spec.js'], testTimeout: 120_000 } }
