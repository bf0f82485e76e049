import type { ByokOpenApiDocument, ByokOpenApiOptions } from './open-api.interface.js';
import { pathsBelow, TAG } from './operations.js';
import { SCHEMAS, SHARED_SCHEMAS } from './schemas.js';

const VERSION = '0.1.0';

const DESCRIPTION = `Keys of the caller for other services. No answer carries a key.

Whose keys are meant follows from how the application signs its users in, never from the request's path or body.

A request that changes something must show that no other site made a browser send it. One of these is enough: \`Sec-Fetch-Site\` is \`same-origin\` or \`none\`, as browsers write it on pages of the same origin; \`Origin\` is one of the application's \`publicOrigins\`; there is an \`Authorization\` header and no \`Cookie\` header. Otherwise the answer is 403 \`BYOK_CSRF\`.`;

/**
 * The JSON API as a document of OpenAPI 3.1: a new plain object, to serve or to merge into the application's own document.
 * Pages and assets are not part of it, and `@nestjs/swagger` does not list the module's routes by itself.
 *
 * @example
 * ```ts
 * const { paths, components } = byokOpenApi();
 * Object.assign(document.paths, paths);
 * document.components = { ...document.components, schemas: { ...document.components?.schemas, ...components.schemas } };
 * ```
 *
 * @publicApi
 */
export function byokOpenApi({ path = 'byok', sharedOwners = [] }: ByokOpenApiOptions = {}): ByokOpenApiDocument {
  const base = path.replace(/^\/+|\/+$/g, '');
  // A copy, since the caller may change it.
  return structuredClone({
    openapi: '3.1.0',
    info: { title: 'API keys of users', version: VERSION, description: DESCRIPTION },
    tags: [{ name: TAG, description: DESCRIPTION }],
    paths: pathsBelow(`${base && `/${base}`}/api`, sharedOwners),
    components: { schemas: sharedOwners.length > 0 ? { ...SCHEMAS, ...SHARED_SCHEMAS } : SCHEMAS },
  });
}
