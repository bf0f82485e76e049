export type * from './rotation.interface.js';
export { RotationService } from './rotation.service.js';
