export { type InheritedSocket, inheritedSockets } from './inherited-sockets.ts'
export { type ListenOptions, type ListenResult, listen } from './listen.ts'
export { type Notification, notify } from './notify.ts'
