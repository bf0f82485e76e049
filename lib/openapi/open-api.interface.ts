/** A value of JSON. @publicApi */
export type JsonValue = string | number | boolean | null | JsonValue[] | JsonObject;

/** An object of JSON. @publicApi */
export interface JsonObject {
  [name: string]: JsonValue;
}

/** A document of OpenAPI 3.1, as far as `byokOpenApi()` fills it. @publicApi */
export interface ByokOpenApiDocument {
  openapi: '3.1.0';
  info: { title: string; version: string; description: string };
  tags: { name: string; description: string }[];
  /** Operations by path and method. */
  paths: Record<string, JsonObject>;
  /** All names begin with `Byok`. */
  components: { schemas: Record<string, JsonObject> };
}

/** Options of `byokOpenApi()`. @publicApi */
export interface ByokOpenApiOptions {
  /**
   * Path under which the API is reached: the option `path` of the module, after a global prefix if there is one.
   * @defaultValue `'byok'`
   */
  path?: string;
  /**
   * The kinds of the module's option `sharedOwners`, such as `['team']`.
   * @defaultValue `[]`
   */
  sharedOwners?: readonly string[];
}
