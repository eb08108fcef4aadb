// The timeout is long enough for a busy machine.
export default { test: { include: ['*.spec.js'], testTimeout: 120_000 } }
