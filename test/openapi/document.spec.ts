import { describe, expect, it } from '@jest/globals';
import { Controller, Get, type INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { Validator } from '@seriousme/openapi-schema-validator';
import { byokOpenApi } from '../../lib/entries/openapi.js';
import { ByokModule, type ByokModuleOptions } from '../../lib/index.js';
import { SECRET } from '../support/byok-app.js';
import { readManifest } from '../support/manifest.js';
import { createOn, PLATFORMS, routesOf } from '../support/platforms.js';

@Controller('own')
class Own {
  @Get()
  own() {}
}

async function faultsOf(document: object): Promise<unknown> {
  const { valid, errors } = await new Validator().validate(structuredClone(document) as Record<string, unknown>);
  return valid ? [] : errors;
}

describe('byokOpenApi()', () => {
  it('is a document of OpenAPI 3.1 in plain JSON', async () => {
    const document = byokOpenApi();
    expect(await faultsOf(document)).toEqual([]);
    expect(JSON.parse(JSON.stringify(document))).toEqual(document);
    const { version } = (await readManifest()) as unknown as { version: string };
    expect(document).toMatchObject({ openapi: '3.1.0', info: { version } });
    const broken = { ...document, paths: { '/x': { get: { responses: { 200: {} } } } } };
    expect(await faultsOf(broken)).not.toEqual([]);
  });

  it('refers to nothing that it has not, and has nothing that nothing refers to', () => {
    const { components, paths } = byokOpenApi();
    const refs = new Set(JSON.stringify([paths, components]).match(/(?<="#\/components\/schemas\/)\w+/g));
    expect([...refs].sort()).toEqual(Object.keys(components.schemas).sort());
    expect(Object.keys(components.schemas).filter((name) => !name.startsWith('Byok'))).toEqual([]);
  });

  it.each([
    ['settings/keys', '/settings/keys/api/keys'],
    ['/v1/byok/', '/v1/byok/api/keys'],
    ['', '/api/keys'],
  ])('has the paths below %j', (path, first) => {
    expect(Object.keys(byokOpenApi({ path }).paths)[0]).toBe(first);
  });

  it('is a new one for each call', () => {
    const document = byokOpenApi();
    Object.assign(document.components.schemas.ByokError, { type: 'string' });
    document.paths = {};
    expect(byokOpenApi().components.schemas.ByokError.type).toBe('object');
    expect(Object.keys(byokOpenApi().paths)).toHaveLength(DOCUMENTED_PATHS);
  });
});

const DOCUMENTED_PATHS = 4;

describe.each(PLATFORMS)('An application on %s', (platform) => {
  async function start(options: Partial<ByokModuleOptions>, prefix?: string): Promise<INestApplication> {
    class AppModule {}
    const imports = [ByokModule.forRoot({ secret: SECRET, ...options })];
    const module = { module: AppModule, imports, controllers: [Own] };
    const app = await createOn(platform, { module, logger: false, sessions: false });
    if (prefix) app.setGlobalPrefix(prefix);
    return app.init();
  }

  it('has the routes of the document, and no other in the JSON API', async () => {
    const app = await start({});
    const real = routesOf(app)
      .filter(({ method, path }) => path.startsWith('/byok/api/') && !['HEAD', 'OPTIONS'].includes(method))
      .map(({ method, path }) => `${method} ${path.replace(/:(\w+)/g, '{$1}')}`);
    const documented = Object.entries(byokOpenApi().paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect([...new Set(real)].sort()).toEqual(documented.sort());
    expect(documented.length).toBeGreaterThan(5);
    await app.close();
  });

  it('lists the JSON API with @nestjs/swagger as it is, and no pages and assets', async () => {
    const app = await start({ path: 'settings' }, 'v1');
    const config = new DocumentBuilder().setOpenAPIVersion('3.1.0').build();
    const document: OpenAPIObject = SwaggerModule.createDocument(app, config);
    expect(Object.keys(document.paths)).toEqual(['/v1/own']);
    const { paths, components } = byokOpenApi({ path: 'v1/settings' });
    Object.assign(document.paths, paths);
    document.components = {
      ...document.components,
      schemas: { ...document.components?.schemas, ...components.schemas },
    };
    expect(await faultsOf(document)).toEqual([]);
    expect(Object.keys(document.paths)).toEqual([
      '/v1/own',
      '/v1/settings/api/keys',
      '/v1/settings/api/keys/{provider}',
      '/v1/settings/api/keys/{provider}/default',
      '/v1/settings/api/keys/{provider}/check',
    ]);
    await app.close();
  });
});
