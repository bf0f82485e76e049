export { type AnyResponse, ExpiredKeyCleanup } from './expired-key-cleanup.js';
export { KeyNotices } from './key-notices.js';
export { ExpiredKeySweeper } from './sweeper.js';
