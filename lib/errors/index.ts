export * from './byok-error-code.js';
export * from './byok.error.js';
export * from './errors.js';
