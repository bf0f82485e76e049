export type {
  RotateOptions,
  RotationKeyStatus,
  RotationProgress,
  RotationProviderStatus,
  RotationResult,
  RotationStatus,
  RotationStatusOptions,
  RotationVerification,
  UnreadableKey,
  VerifyOptions,
} from './rotation.interface.js';
export { RotationService } from './rotation.service.js';
