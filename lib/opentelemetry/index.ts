export { ByokTelemetryModule } from './byok-telemetry.module.js';
export { instrumentByok, type TelemetryOptions } from './instrument-byok.js';
export type { ReadMessage, ResolveMessage, RotateMessage } from '../diagnostics/index.js';
