// The one line of ours: Nitro has no hook for it from outside.
export { waitUntilPlugin as default } from 'idle-shutdown'
