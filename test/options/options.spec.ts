import { describe, expect, it } from '@jest/globals';
import type { ByokModuleOptions } from '../../lib/index.js';
import { ByokModule, ConfigurationError } from '../../lib/index.js';
import { resolveOptions } from '../../lib/options/resolve-options.js';
import { SECRET, startWith } from '../support/byok-app.js';

const DB = 'postgres://user@localhost:5432/name';

/** Options that do not let the application start, and a part of what is said then. */
const WRONG: [string, object, string][] = [
  ['no secret', { secret: undefined }, 'generateSecret()'],
  ['an empty secret', { secret: '' }, 'generateSecret()'],
  ['a weak secret', { secret: 'changeme' }, 'generateSecret()'],
  ['no secrets', { secret: [] }, 'secret'],
  ['db of another kind', { db: 'mysql://localhost/x' }, 'db must be a Postgres URL such as postgres://'],
  ['db that is a number', { db: 5432 }, 'db must be a Postgres URL, TypeORM options or { dataSource: "name" }.'],
  ['db that is an array', { db: [DB] }, 'db must be a Postgres URL, TypeORM options'],
  ['db of another type', { db: { type: 'mysql' } }, "db.type must be 'postgres'."],
  ['db that synchronizes', { db: { type: 'postgres', synchronize: true } }, 'db.synchronize cannot be used'],
  [
    'db with a slip',
    { db: { datasource: 'main' } },
    'There is no option "db.datasource". The options are: db.dataSource.',
  ],
  ['db.dataSource that is no name', { db: { dataSource: {} } }, 'db.dataSource must be the name'],
  ['storage of no kind', { storage: 'redis' }, "storage must be one of: 'session', 'database', 'hybrid'."],
  ['database without db', { storage: 'database' }, "storage: 'database' needs a database: add db"],
  ['hybrid without db', { storage: 'hybrid' }, "storage: 'hybrid' needs a database"],
  ...[undefined, null, '', ' \n'].flatMap((db): [string, object, string][] => [
    [`db given as ${JSON.stringify(db)}`, { db }, 'db is given but empty: the environment variable it is read from is'],
    [
      `db given as ${JSON.stringify(db)} and an undefined storage`,
      { db, storage: undefined },
      "write storage: 'session'",
    ],
    [`db given as ${JSON.stringify(db)} for hybrid storage`, { db, storage: 'hybrid' }, 'db is given but empty'],
  ]),
  ['db.dataSource without a name', { db: { dataSource: undefined } }, 'For the default connection, write db: {}.'],
  ['an empty db.dataSource', { db: { dataSource: '' } }, 'db.dataSource is given but empty'],
  ['an empty db.url', { db: { type: 'postgres', url: undefined } }, 'db.url is given but empty'],
  ['an empty db.host', { db: { type: 'postgres', host: undefined, port: 5432 } }, 'db.host is given but empty'],
  ['an empty db.database', { db: { type: 'postgres', host: 'a', database: '' } }, 'db.database is given but empty'],
  ['db.url of another kind', { db: { type: 'postgres', url: 'mysql://localhost/x' } }, 'db.url must be a Postgres URL'],
  ...['pa#ss', '12#x', 'pa%ss', '100%', 'pa/ss', '12/x', 'pa?ss', '12?x'].flatMap(
    (password): [string, object, string][] => {
      const url = `postgres://user:${password}@localhost:5432/name`;
      const advice =
        'is not a valid Postgres URL. Percent-encode special characters in the user and the password: # is %23';
      return [
        [`the password ${password} in db`, { db: url }, `db ${advice}`],
        [`the password ${password} in db.url`, { db: { type: 'postgres', url } }, `db.url ${advice}`],
      ];
    },
  ),
  ['an undefined resolveUser', { resolveUser: undefined }, 'resolveUser is given but undefined.'],
  ['undefined dashboard.guards', { dashboard: { guards: undefined } }, 'dashboard.guards must be an array'],
  ['resolveUser that is a text', { resolveUser: 'user.id' }, 'resolveUser must be a function.'],
  ['sharedOwners without db', { sharedOwners: { team: { resolve: String } } }, 'sharedOwners needs a database: add db'],
  ...['user', 'session', 'platform', 'byok', 'canary', 'Team', '1st', '', 'x'.repeat(33), '__proto__x'].map(
    (kind): [string, object, string] => [
      `an owner of the kind '${kind}'`,
      { db: DB, sharedOwners: { [kind]: { resolve: String } } },
      'must be 1 to 32 lower-case letters, digits and hyphens, beginning with a letter',
    ],
  ),
  ['an owner without resolve', { db: DB, sharedOwners: { team: {} } }, 'sharedOwners.team.resolve must be a function'],
  ['an owner that is nothing', { db: DB, sharedOwners: { team: null } }, 'sharedOwners.team must be an object'],
  [
    'an undefined canManage',
    { db: DB, sharedOwners: { team: { resolve: String, canManage: undefined } } },
    'sharedOwners.team.canManage is given but undefined',
  ],
  [
    'an owner with a slip',
    { db: DB, sharedOwners: { team: { resolve: String, manage: String } } },
    'There is no option "sharedOwners.team.manage"',
  ],
  [
    'an owner without a name',
    { db: DB, sharedOwners: { team: { resolve: String, name: '' } } },
    'sharedOwners.team.name must be a string, or a function',
  ],
  ['no keySources', { keySources: [] }, 'keySources must be an array of different names'],
  ['keySources that are a text', { keySources: 'user' }, 'keySources must be an array'],
  ['keySources with one twice', { keySources: ['user', 'user'] }, 'keySources must be an array of different names'],
  ['keySources with no owner', { db: DB, keySources: ['user', 'team'] }, 'keySources has "team", which must be one of'],
  [
    'platform without keys',
    { keySources: ['user', 'platform'] },
    "keySources has 'platform', but platformKeys is empty",
  ],
  ['platformKeys that are a list', { platformKeys: ['sk'] }, 'platformKeys must have names of providers'],
  [
    'a platform key for no provider',
    { platformKeys: { 'Open AI': 'sk' } },
    'platformKeys must have names of providers',
  ],
  ['a platform key that is a number', { platformKeys: { openai: 7 } }, 'platformKeys.openai must be a key, {'],
  ['an empty platform key', { platformKeys: { openai: '' } }, 'platformKeys.openai is not a key: Fill in the key.'],
  [
    'a platform key that is a placeholder',
    { platformKeys: { openai: { apiKey: 'your-api-key-here' } } },
    'platformKeys.openai is not a key: This is a placeholder',
  ],
  ['providers that are a list', { providers: ['openai'] }, 'providers must be an object: {'],
  ['providers that are a text', { providers: 'openai' }, 'providers must be an object: {'],
  ['a provider of no name', { providers: { 'Open AI': {} } }, `providers["Open AI"]: a provider's name is`],
  ['a provider that is a text', { providers: { openai: 'sk-' } }, 'providers["openai"] must be an object.'],
  ['a provider with a slip', { providers: { openai: { prefix: 'sk-' } } }, 'providers["openai"] cannot have "prefix".'],
  ['name', { providers: { openai: { name: 7 } } }, 'providers["openai"].name must be a string.'],
  ['placeholder', { providers: { openai: { placeholder: {} } } }, '.placeholder must be a string.'],
  ['keyPrefix', { providers: { openai: { keyPrefix: /sk/ } } }, '.keyPrefix must be a string or an array of strings'],
  ['strict', { providers: { openai: { strict: true } } }, '.strict must be true or false, beside keyPrefix.'],
  [
    'keyFormat',
    { providers: { openai: { keyFormat: 'pem' as never } } },
    ".keyFormat must be 'token', 'text' or 'json'.",
  ],
  ['keyPattern', { providers: { openai: { keyPattern: '^sk' } } }, '.keyPattern must be a RegExp.'],
  ['docsUrl', { providers: { openai: { docsUrl: 'javascript:alert(1)' } } }, '.docsUrl must be an https address.'],
  ['docsUrl with a blank', { providers: { openai: { docsUrl: 'https://a.example/a b' } } }, '.docsUrl must be an'],
  ['docsUrl with a user', { providers: { openai: { docsUrl: 'https://u:p@a.example' } } }, '.docsUrl must be an https'],
  ['docsUrl without slashes', { providers: { openai: { docsUrl: 'https:a.example' } } }, '.docsUrl must be an https'],
  ['baseUrl that is a path', { providers: { openai: { baseUrl: '/v1' } } }, '.baseUrl must be an https address'],
  [
    'baseUrl by http to a public host',
    { providers: { openai: { baseUrl: 'http://api.example.com/v1' } } },
    '.baseUrl must be an https address',
  ],
  [
    'baseUrl without slashes',
    { providers: { openai: { baseUrl: 'https:api.example.com' } } },
    '.baseUrl must be an https address',
  ],
  [
    'baseUrl with a query',
    { providers: { openai: { baseUrl: 'https://api.example.com/?key=1' } } },
    '.baseUrl must be an https address',
  ],
  [
    'baseUrl with a user',
    { providers: { openai: { baseUrl: 'https://u:p@api.example.com' } } },
    '.baseUrl must be an https address',
  ],
  [
    'baseUrl with a blank',
    { providers: { openai: { baseUrl: 'https://api.example.com/a b' } } },
    '.baseUrl must be an https address',
  ],
  [
    'hosts with an address',
    { providers: { openai: { hosts: ['https://api.example.com'] } } },
    '.hosts must be an array of host names',
  ],
  ['a check that is none', { providers: { openai: { check: 'GET /me' as never } } }, '.check must be a function'],
  [
    'a part of an address without a pattern',
    { providers: { openai: { fields: { region: { inAddress: true } } } } },
    '.inAddress needs pattern',
  ],
  ['docsUrl without s', { providers: { openai: { docsUrl: 'http://a.example' } } }, '.docsUrl must be an https'],
  ['fields that are a list', { providers: { azure: { fields: ['a'] } } }, '.fields must be an object.'],
  ['a field of no name', { providers: { azure: { fields: { '1a': {} } } } }, '.fields: a name is a letter'],
  ['a field that is null', { providers: { azure: { fields: { a: null } } } }, '.fields.a must be an object.'],
  ['a field of no type', { providers: { azure: { fields: { a: { type: 'date' } } } } }, ".type must be 'text', 'url'"],
  ['a field with a slip', { providers: { azure: { fields: { a: { requird: true } } } } }, 'cannot have "requird"'],
  ['required', { providers: { azure: { fields: { a: { required: 'yes' } } } } }, '.required must be true or false.'],
  ['allowUnknownProviders', { allowUnknownProviders: 'no' }, 'allowUnknownProviders must be true or false.'],
  ['defaultTtl 0', { defaultTtl: 0 }, 'defaultTtl must be a whole number of 1 or more (milliseconds, or null).'],
  ['defaultTtl that is a text', { defaultTtl: '24h' }, 'defaultTtl must be a whole number'],
  ['maxKeysPerUser 0', { maxKeysPerUser: 0 }, 'maxKeysPerUser must be a whole number of 1 or more.'],
  ['maxKeysPerUser without end', { maxKeysPerUser: Infinity }, 'maxKeysPerUser must be'],
  ['https', { https: true }, "https must be one of: 'off', 'warn', 'block'."],
  ['publicOrigins that are one', { publicOrigins: 'https://a.example' }, 'publicOrigins must be an array'],
  ...[
    'https://a.example/',
    'https://a.example/x',
    'a.example',
    '*',
    'https://*.a.example',
    'null',
    'https://A.example',
    'ftp://a.example',
    7,
  ].map((origin): [string, object, string] => [
    `the origin ${origin}`,
    { publicOrigins: [origin] },
    'publicOrigins takes',
  ]),
  ...['', '/', 'a b', '../x', 'a/../b', '.', 'a//b', 'a/:b', 'a?b', 'a/*', '%2e', 7].map(
    (path): [string, object, string] => [`the path ${path}`, { path }, "path must be a plain URL path such as 'byok'"],
  ),
  ['dashboard true', { dashboard: true }, 'dashboard must be false or an object of options.'],
  ['dashboard with a slip', { dashboard: { guard: [] } }, 'There is no option "dashboard.guard".'],
  [
    'dashboard.guards that are one',
    { dashboard: { guards: class {} } },
    'dashboard.guards must be an array of guards: classes, or objects with canActivate().',
  ],
  ['dashboard.guards that are none', { dashboard: { guards: ['AuthGuard'] } }, 'dashboard.guards must be an array'],
  ['dashboard.title', { dashboard: { title: 7 } }, 'dashboard.title must be a string.'],
  ['dashboard.theme', { dashboard: { theme: 'blue' } }, "dashboard.theme must be one of: 'system', 'light', 'dark'."],
  ['dashboard.layout', { dashboard: { layout: '<html>' } }, 'dashboard.layout must be a function.'],
  ['dashboard.locale', { dashboard: { locale: 'not a tag' } }, 'dashboard.locale must be the tag of a language'],
  ['dashboard.timeZone', { dashboard: { timeZone: 'Mars/Olympus' } }, 'dashboard.timeZone must be the name'],
  ['dashboard.messages', { dashboard: { messages: [] } }, 'dashboard.messages must be an object'],
  ...[
    '',
    '//evil.example',
    'https://example.com/byok',
    '/a//b',
    '/../byok',
    '/a b',
    '/a?b',
    '/\\evil',
    '/%',
    5,
    null,
  ].map((publicPath): [string, object, string] => [
    `the public path ${publicPath}`,
    { publicPath },
    "publicPath must be the path of the pages as browsers see it, without the origin, such as '/tool/byok'.",
  ]),
  ['dashboard.signInUrl', { dashboard: { signInUrl: '//evil.example' } }, 'dashboard.signInUrl must be a path'],
  // Browsers read these as a path beside the page, and as another site.
  ['dashboard.signInUrl, relative', { dashboard: { signInUrl: 'https:a.example' } }, 'dashboard.signInUrl must be'],
  ['dashboard.signInUrl, tab', { dashboard: { signInUrl: '/\t/evil.example' } }, 'dashboard.signInUrl must be'],
  ['dashboard.signInUrl, backslash', { dashboard: { signInUrl: '/a\\..\\b' } }, 'dashboard.signInUrl must be'],
  ['dashboard.signInUrl, user', { dashboard: { signInUrl: 'https://u@a.example' } }, 'dashboard.signInUrl must be'],
  [
    'dashboard.signInUrl of a script',
    { dashboard: { signInUrl: 'javascript:alert(1)' } },
    'dashboard.signInUrl must be',
  ],
  ['api', { api: 'yes' }, 'api must be true, false or an object of options.'],
  ['api with a slip', { api: { guard: [] } }, 'There is no option "api.guard".'],
  ['guards that are one', { guards: class {} }, 'guards must be an array of guards'],
  ['undefined guards', { guards: undefined }, 'guards must be an array of guards'],
  ['undefined api.guards', { api: { guards: undefined } }, 'api.guards must be an array of guards'],
  ['cleanup', { cleanup: false }, 'cleanup must be an object of options.'],
  ['cleanup with a slip', { cleanup: { every: 1 } }, 'There is no option "cleanup.every".'],
  ['cleanup.onRequest', { cleanup: { onRequest: 1 } }, 'cleanup.onRequest must be true or false.'],
  ['cleanup.sweepEvery', { cleanup: { sweepEvery: 0 } }, 'cleanup.sweepEvery must be a whole number'],
  [
    'a cleanup.sweepEvery too long',
    { cleanup: { sweepEvery: 2 ** 31 } },
    'cleanup.sweepEvery can be at most 2147483647',
  ],
  ['tableName', { tableName: 'keys"; DROP TABLE x' }, 'tableName must be 1 to 48 lower-case letters'],
  ['preparedStatements', { preparedStatements: 0 }, 'preparedStatements must be true or false.'],
  ['rateLimit', { rateLimit: true }, 'rateLimit must be false or an object of options.'],
  ['rateLimit with a slip', { rateLimit: { perUser: 1 } }, 'There is no option "rateLimit.perUser".'],
  ['rateLimit.perOwner', { rateLimit: { perOwner: 0 } }, 'rateLimit.perOwner must be a whole number'],
  ['rateLimit.perAddress', { rateLimit: { perAddress: '60' } }, 'rateLimit.perAddress must be a whole number'],
  [
    'rateLimit.windowMs',
    { rateLimit: { windowMs: 0.5 } },
    'rateLimit.windowMs must be a whole number of 1 or more (mil',
  ],
  ['rateLimit.store', { rateLimit: { store: {} } }, 'rateLimit.store must be a function.'],
  ['onEvent', { onEvent: {} }, 'onEvent must be a function.'],
  ['an option there is not', { secrets: [] }, 'There is no option "secrets". The options are: secret, db, storage,'],
  ['the name of a property of all objects', { constructor: 1 }, 'There is no option "constructor".'],
];

describe('Options', () => {
  it.each(WRONG)('stop the start where they have %s, and say what to write', async (_, wrong, message) => {
    const options = { secret: SECRET, ...wrong } as unknown as ByokModuleOptions;
    for (const module of [
      () => ByokModule.forRoot(options),
      () => ByokModule.forRootAsync({ useFactory: async () => options }),
    ]) {
      const failed = startWith(module());
      await expect(failed).rejects.toThrow(ConfigurationError);
      await expect(failed).rejects.toThrow(message);
      await expect(failed).rejects.toMatchObject({ code: 'BYOK_CONFIGURATION' });
    }
  });

  it('are asked for where there are none', async () => {
    for (const options of [undefined, null, 'a text', []]) {
      const failed = startWith(ByokModule.forRootAsync({ useFactory: () => options as unknown as ByokModuleOptions }));
      await expect(failed).rejects.toThrow('ByokModule needs options: ByokModule.forRoot({ secret, db }).');
    }
  });

  it('have the defaults that are promised', () => {
    const { resolveUser, ...rest } = resolveOptions({ secret: SECRET });
    expect(rest).toEqual({
      storage: 'session',
      providers: {},
      allowUnknownProviders: true,
      defaultTtl: null,
      maxKeysPerUser: 50,
      https: 'warn',
      publicOrigins: [],
      path: 'byok',
      publicPath: undefined,
      dashboard: {
        guards: [],
        title: undefined,
        theme: 'system',
        layout: undefined,
        locale: undefined,
        timeZone: 'UTC',
        messages: {},
        signInUrl: undefined,
      },
      guards: [],
      feedback: true,
      api: { guards: [] },
      // As in a test.
      checkOnSave: false,
      recheck: null,
      notices: null,
      sharedOwners: new Map(),
      keySources: ['user'],
      cleanup: { onRequest: true, sweepEvery: 900_000 },
      tableName: 'user_api_keys',
      preparedStatements: true,
      rateLimit: { perOwner: 10, perAddress: 60, windowMs: 60_000, store: undefined },
      onEvent: undefined,
      audit: false,
    });
    expect(resolveUser).toBeUndefined();
    expect(resolveOptions({ secret: SECRET, db: DB }).storage).toBe('hybrid');
    expect(resolveOptions({ secret: SECRET, db: DB }).db).toBe(DB);
    expect(resolveOptions({ secret: SECRET, db: {} }).storage).toBe('hybrid');
    expect(resolveOptions({ secret: SECRET, path: '/settings/keys/' }).path).toBe('settings/keys');
    for (const publicPath of ['/tool/byok', 'tool/byok', '/tool/byok/']) {
      expect(resolveOptions({ secret: SECRET, publicPath }).publicPath).toBe('/tool/byok');
    }
    expect(resolveOptions({ secret: SECRET, publicPath: '/' }).publicPath).toBe('/');
    const before = process.env['NODE_ENV'];
    process.env['NODE_ENV'] = 'production';
    try {
      expect(resolveOptions({ secret: SECRET }).https).toBe('block');
    } finally {
      process.env['NODE_ENV'] = before;
    }
  });

  it('accept every form of a database URL, and an empty one with session storage', () => {
    for (const db of [
      DB,
      ` ${DB}\n`,
      'postgresql://localhost',
      'postgres:///name?host=/tmp',
      'postgres://user:pw@/name?host=/tmp',
      'postgres://%2Fvar%2Frun/name',
      'postgres://us%40er:p%23%25%2Fss@localhost:5432/name?sslmode=require&options=-c%20search_path%3Da',
      'postgres://user:p@ss@localhost/name',
      { type: 'postgres' as const, url: DB, host: undefined },
      { type: 'postgres' as const, url: undefined, host: 'localhost', port: undefined, password: undefined },
    ]) {
      expect(resolveOptions({ secret: SECRET, db }).storage).toBe('hybrid');
    }
    expect(resolveOptions({ secret: SECRET, db: ` ${DB}\n` }).db).toBe(DB);
    for (const db of [undefined, '', ' ']) {
      expect(resolveOptions({ secret: SECRET, db, storage: 'session' })).toMatchObject({ storage: 'session' });
    }
  });

  it('cannot be changed afterwards', () => {
    const options = resolveOptions({ secret: SECRET, db: DB, providers: { openai: { fields: { org: {} } } } });
    for (const part of [
      options,
      options.providers,
      options.providers['openai'],
      options.providers['openai'].fields,
      options.dashboard,
      options.cleanup,
      options.rateLimit,
      options.publicOrigins,
    ]) {
      expect(Object.isFrozen(part)).toBe(true);
    }
    expect(() => Object.assign(options, { db: 'other' })).toThrow(TypeError);
    expect(options.providers['constructor']).toBeUndefined();
  });
});
