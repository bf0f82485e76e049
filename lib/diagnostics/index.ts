export {
  type ReadMessage,
  type RefusalMessage,
  type ResolveMessage,
  type RotateMessage,
  readChannel,
  refusalChannel,
  resolveChannel,
  rotateChannel,
  rotateProgressChannel,
  traced,
} from './channels.js';
