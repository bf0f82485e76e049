import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Get, type Type } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ApiKey, ByokModule, ConfigurationError, RequireApiKey } from '../../lib/index.js';
import type * as Library from '../../lib/index.js';
import { SECRET, startWith } from '../support/byok-app.js';
import { Consumer } from '../support/consumer.js';
import { readManifest, ROOT } from '../support/manifest.js';

const FILE = 'one-registration.spec.ts';
const options = { secret: SECRET };
const useFactory = () => options;
const moduleOf = (...imports: Library.ByokModule[]) => ({ module: class Feature {}, imports: imports as never });

describe('A second registration', () => {
  it.each<[string, () => unknown[]]>([
    ['forRoot twice', () => [ByokModule.forRoot({ ...options, path: 'a' }), ByokModule.forRoot(options)]],
    ['forRoot and forRootAsync', () => [ByokModule.forRoot(options), ByokModule.forRootAsync({ useFactory })]],
    ['forRootAsync and forRoot', () => [ByokModule.forRootAsync({ useFactory }), ByokModule.forRoot(options)]],
    [
      'forRootAsync twice',
      () => [ByokModule.forRootAsync({ useFactory }), ByokModule.forRootAsync({ useFactory: async () => options })],
    ],
    ['one in a feature module', () => [moduleOf(ByokModule.forRoot(options) as never), ByokModule.forRoot(options)]],
    [
      'modules that are not global',
      () => [
        moduleOf(ByokModule.forRoot({ ...options, isGlobal: false }) as never),
        ByokModule.forRoot({ ...options, isGlobal: false }),
      ],
    ],
  ])('is refused: %s', async (_, imports) => {
    const refused = startWith(...(imports() as never[]));
    await expect(refused).rejects.toThrow(ConfigurationError);
    const message = await refused.then(String, (error: Error) => error.message);
    const places = message.match(/\/[^\s]*:\d+/g);
    expect(places).toHaveLength(2);
    expect(places!.every((place) => place.includes(`/test/module/${FILE}:`))).toBe(true);
  });

  it('names the line of each call', async () => {
    const line = Number(new RegExp(`${FILE}:(\\d+)`).exec(new Error().stack!)![1]);
    const one = ByokModule.forRoot(options);
    const other = ByokModule.forRootAsync({ useFactory });
    const refused = startWith(one, other);
    await expect(refused).rejects.toThrow(`${FILE}:${line + 1} and at `);
    await expect(refused).rejects.toThrow(`${FILE}:${line + 2}. The order of imports`);
  });

  it('is none: the same module imported twice, and two applications', async () => {
    for (const make of [() => ByokModule.forRoot(options), () => ByokModule.forRootAsync({ useFactory })]) {
      const byok = make();
      const one = await startWith(byok, moduleOf(byok as never));
      const two = await startWith(byok);
      const three = await startWith(make());
      await Promise.all([one, two, three].map(({ close }) => close()));
    }
  });
});

describe('Two copies of the library', () => {
  let consumer: Consumer;
  let folder: string;
  let copy: typeof Library;

  beforeAll(async () => {
    consumer = await Consumer.create('module');
    const { dependencies, peerDependencies } = await readManifest();
    await consumer.link(...Object.keys({ ...dependencies, ...peerDependencies }));
    folder = join(consumer.folder, 'node_modules', 'nestjs-byok');
    await cp(join(ROOT, 'dist'), join(folder, 'dist'), { recursive: true });
    await cp(join(ROOT, 'package.json'), join(folder, 'package.json'));
    copy = (await import(pathToFileURL(join(folder, 'dist', 'index.js')).href)) as typeof Library;
  });
  afterAll(() => consumer.remove());

  function controllerOf({
    RequireApiKey: Require,
    ApiKey: Key,
  }: Pick<typeof Library, 'RequireApiKey' | 'ApiKey'>): Type {
    @Controller()
    class Chat {
      @Get('chat')
      @Require('openai')
      chat(@Key() key: string) {
        return key;
      }
    }
    return Chat;
  }
  const feature = (controller: Type) => ({ module: class Feature {}, controllers: [controller] });

  it('are two: what one declares, the other does not know', () => {
    expect(copy.ByokModule).not.toBe(ByokModule);
    expect(copy.ApiKeyGuard.name).toBe('ApiKeyGuard');
  });

  it.each<[string, () => unknown[]]>([
    ['both registered', () => [ByokModule.forRoot(options), copy.ByokModule.forRoot(options)]],
    ['both registered, the other way round', () => [copy.ByokModule.forRoot(options), ByokModule.forRoot(options)]],
    ['one asynchronously', () => [copy.ByokModule.forRootAsync({ useFactory }), ByokModule.forRoot(options)]],
    ['the handlers of a copy', () => [ByokModule.forRoot(options), feature(controllerOf(copy))]],
    ['the handlers of a copy, before', () => [feature(controllerOf(copy)), ByokModule.forRoot(options)]],
    [
      'the handlers of the first, and the copy registered',
      () => [feature(controllerOf({ RequireApiKey, ApiKey })), copy.ByokModule.forRoot(options)],
    ],
  ])('are refused: %s', async (_, imports) => {
    const refused = startWith(...(imports() as never[]));
    await expect(refused).rejects.toThrow('The application uses two copies of nestjs-byok: ');
    await expect(refused).rejects.toThrow(folder);
    await expect(refused).rejects.toThrow(new RegExp(`(: | and )${ROOT.replace(/\/$/, '')}[ .]`));
  });

  it('may be loaded, as long as one is used', async () => {
    const imports = [copy.ByokModule.forRoot(options), feature(controllerOf(copy))];
    const module = await Test.createTestingModule({ imports }).compile();
    expect(module.get(copy.ByokService)).toBeInstanceOf(copy.ByokService);
    await module.close();
  });
});
