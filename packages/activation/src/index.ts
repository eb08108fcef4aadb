export { type InheritedSocket, inheritedSockets } from './inherited-socket.ts'
export { type ListenChoice, listen } from './listen.ts'
export type { Listening } from './listening.ts'
export { type Notification, notify } from './notify.ts'
