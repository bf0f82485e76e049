/**
 * `nestjs-byok/openapi`: the JSON API as a document of OpenAPI.
 *
 * @packageDocumentation
 */
export {
  byokOpenApi,
  type ByokOpenApiDocument,
  type ByokOpenApiOptions,
  type JsonObject,
  type JsonValue,
} from '../openapi/index.js';
