export { type AnyResponse, ExpiredKeyCleanup } from './expired-key-cleanup.js';
export { ExpiredKeySweeper } from './sweeper.js';
