export type * from './byok-event.interface.js';
export type * from './byok-options.interface.js';
export type * from './key-owner.interface.js';
export type * from './provider-config.interface.js';
export type * from './request.interface.js';
export type * from './root-secret.interface.js';
export type * from './seal-context.interface.js';
export type * from './stored-key.interface.js';
