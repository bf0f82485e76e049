export { byokOpenApi } from './byok-open-api.js';
export type { ByokOpenApiDocument, ByokOpenApiOptions, JsonObject, JsonValue } from './open-api.interface.js';
