export {
  type ReadMessage,
  type ResolveMessage,
  type RotateMessage,
  readChannel,
  resolveChannel,
  rotateChannel,
  rotateProgressChannel,
  traced,
} from './channels.js';
