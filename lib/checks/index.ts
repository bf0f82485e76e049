export { KeyChecks } from './key-checks.js';
