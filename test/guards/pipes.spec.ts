import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  type ArgumentMetadata,
  ClassSerializerInterceptor,
  Controller,
  Get,
  type INestApplication,
  Injectable,
  Param,
  type PipeTransform,
  ValidationPipe,
  type ValidationPipeOptions,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { Expose } from 'class-transformer';
import { IsString, Length } from 'class-validator';
import { ApiKey, RequireApiKey, ResolvedApiKey, ResolvedKey } from '../../lib/index.js';
import { KEY, startEdge } from '../support/edge-app.js';
import { PLATFORMS } from '../support/platforms.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';

class Name {
  @Expose()
  @IsString()
  @Length(3)
  name!: string;
}

@Controller('piped')
class Piped {
  @Get('key/:name')
  @RequireApiKey('openai')
  key(@ApiKey() key: string, @ResolvedKey() resolved: ResolvedApiKey, @Param() { name }: Name) {
    const { provider, label, apiKey, fields, source, expiresAt } = resolved;
    const isOurs = resolved instanceof ResolvedApiKey;
    return { key, isOurs, provider, label, apiKey, fields, source, expiresAt, name };
  }

  @Get('named')
  @RequireApiKey('openai')
  named(@ApiKey('openai') key: string, @ResolvedKey('openai') resolved: ResolvedApiKey) {
    return { key, resolved: resolved.apiKey };
  }

  /** By mistake. */
  @Get('leak')
  @RequireApiKey('openai')
  leak(@ResolvedKey() resolved: ResolvedApiKey) {
    return { resolved };
  }
}

/** Trims texts, and objects as copies. */
@Injectable()
class TrimPipe implements PipeTransform {
  transform(value: unknown, { type }: ArgumentMetadata): unknown {
    if (typeof value === 'string') return value.trim();
    if (type !== 'body' || typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, text]) => [name, String(text).trim()]));
  }
}

const OPTIONS: ValidationPipeOptions[] = [
  {},
  { transform: true },
  { whitelist: true, transform: true, transformOptions: { enableImplicitConversion: true } },
  { whitelist: true, forbidNonWhitelisted: true },
  { whitelist: true, forbidNonWhitelisted: true, forbidUnknownValues: true, transform: true },
  { transform: true, transformOptions: { excludeExtraneousValues: true, exposeUnsetFields: false } },
];

/** What an application has for all of its routes. */
const GLOBALS: [string, (nest: INestApplication) => void][] = [
  ...OPTIONS.map((options): [string, (nest: INestApplication) => void] => [
    `ValidationPipe ${JSON.stringify(options)}`,
    (nest) => nest.useGlobalPipes(new ValidationPipe({ ...options, validateCustomDecorators: true })),
  ]),
  ['a pipe that trims what is sent', (nest) => nest.useGlobalPipes(new TrimPipe())],
  [
    'ClassSerializerInterceptor',
    (nest) => nest.useGlobalInterceptors(new ClassSerializerInterceptor(nest.get(Reflector))),
  ],
];

describe.each(PLATFORMS)('A resolved key on %s', (platform) => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await createDatabase();
  });
  afterAll(() => database.drop());

  it.each(GLOBALS)('arrives as it is behind %s', async (_, configure) => {
    const app = await startEdge({ platform, options: { db: database.url }, controllers: [Piped], configure });
    try {
      const expiresAt = new Date(Date.now() + 60_000);
      await app.byok.setKey({ userId: 'alice' }, 'openai', KEY, { fields: { org: 'acme' }, expiresAt });
      const alice = app.client('alice');
      expect((await alice.get('/piped/key/abc').expect(200)).body).toEqual({
        key: KEY,
        isOurs: true,
        provider: 'openai',
        label: 'default',
        apiKey: KEY,
        fields: { org: 'acme' },
        source: 'database',
        expiresAt: expiresAt.toISOString(),
        name: 'abc',
      });
      expect((await alice.get('/piped/named').expect(200)).body).toEqual({ key: KEY, resolved: KEY });
      const leaked = await alice.get('/piped/leak').expect(200);
      expect(leaked.text).not.toMatch(/1f9c|acme/);
    } finally {
      await app.close();
    }
  });

  it("leaves the handler's other parameters to the pipes", async () => {
    const configure = (nest: INestApplication) => nest.useGlobalPipes(new ValidationPipe());
    const app = await startEdge({ platform, options: { db: database.url }, controllers: [Piped], configure });
    try {
      await app.byok.setKey({ userId: 'alice' }, 'openai', KEY);
      await app.client('alice').get('/piped/key/ab').expect(400);
    } finally {
      await app.close();
    }
  });
});

describe('A ResolvedApiKey', () => {
  const fields = { org: 'acme' };
  const key = new ResolvedApiKey('openai', 'default', KEY, fields, 'database', new Date(5));

  it.each(['provider', 'label', 'apiKey', 'fields', 'source', 'expiresAt', 'other'])('has a %s that stays', (name) => {
    const before: unknown = Reflect.get(key, name);
    expect(() => Object.assign(key, { [name]: 'evil' })).toThrow(TypeError);
    expect(Reflect.set(key, name, 'evil')).toBe(false);
    expect(Reflect.defineProperty(key, name, { value: 'evil' })).toBe(false);
    expect(Reflect.get(key, name)).toEqual(before);
    expect(Object.isFrozen(key)).toBe(true);
  });

  it('has fields and an expiry that stay', () => {
    fields.org = 'evil';
    key.expiresAt!.setTime(0);
    expect(() => Object.assign(key.fields, { org: 'evil' })).toThrow(TypeError);
    expect([key.fields, key.expiresAt]).toEqual([{ org: 'acme' }, new Date(5)]);
  });
});
