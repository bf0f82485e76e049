export * from './hybrid/hybrid-key.storage.js';
export * from './key-storage.interface.js';
export * from './session/session-key.storage.js';
export { endedSession, sessionOf, type SessionHandle, type SessionStoreLike } from './session/session-handle.js';
export { BYOK_CONNECTION, ByokDatabase, FOREIGN_KEY_VIOLATION, type Statement } from './typeorm/byok-database.js';
export * from './typeorm/entities/index.js';
export { KeyringRegistry } from './typeorm/keyring-registry.js';
export { byokMigrations, createByokMigrations } from './typeorm/migrations/index.js';
export { TypeOrmKeyStorage } from './typeorm/typeorm-key.storage.js';
