import type { TestingModuleBuilder } from '@nestjs/testing';
import { AuditTable } from '../audit/index.js';
import { BYOK_OPTIONS } from '../byok.constants.js';
import { BYOK_MODULE_OPTIONS } from '../byok.module-definition.js';
import { ByokModule } from '../byok.module.js';
import { EncryptionService, Keyring } from '../crypto/index.js';
import { ByokDatabase } from '../database/index.js';
import { ByokHealth } from '../health/index.js';
import type { ByokModuleOptions, ResolvedByokOptions } from '../interfaces/index.js';
import { StartupCheck } from '../keyring/index.js';
import { RedactedOptions, resolveOptions } from '../options/index.js';
import { MemoryKeyStorage, TypeOrmKeyStorage } from '../storage/index.js';
import { KeySeeder } from './key-seeder.js';
import { importUnlessThere } from './module-of-builder.js';
import type { TestKeysOptions } from './test-keys.interface.js';
import { healthWithoutDatabase, MemoryAuditTable, noDatabase, noStartupCheck } from './without-database.js';

/** Where nothing is: options that need a database are checked as if there was one. */
const NOWHERE = 'postgres://nobody@invalid.invalid/none';

/**
 * Lets a test module run without a database and without the application's secret: keys of signed-in users are kept in
 * memory, sealed with a secret that is made for the test. Everything else is as in production: guards, decorators, pages,
 * JSON API, events, audit log. What goes through the database itself, such as a rotation, throws a `ConfigurationError`.
 *
 * The options `db` and `secret` of the module are ignored, and may be empty. If no module imports `ByokModule`, it is added.
 *
 * @example
 * ```ts
 * const module = await withTestKeys(Test.createTestingModule({ imports: [AppModule] }), {
 *   keys: { alice: { openai: 'sk-test-of-alice' } },
 * }).compile();
 * ```
 *
 * @param builder - What `Test.createTestingModule()` returned.
 * @returns the same builder; its `compile()` rejects with a `ConfigurationError` if a key cannot be stored
 * @publicApi
 */
export function withTestKeys(
  builder: TestingModuleBuilder,
  { keys = {}, resolveUser }: TestKeysOptions = {},
): TestingModuleBuilder {
  const secret = EncryptionService.generateSecret();
  importUnlessThere(builder, ByokModule, () => ByokModule.forRoot({ secret, db: NOWHERE }));
  return builder
    .overrideProvider(BYOK_OPTIONS)
    .useFactory({
      inject: [BYOK_MODULE_OPTIONS],
      factory: (held: RedactedOptions) => resolveOptions(testOptions(RedactedOptions.reveal(held), resolveUser)),
    })
    .overrideProvider(Keyring)
    .useValue(new Keyring(secret))
    .overrideProvider(ByokDatabase)
    .useValue(noDatabase)
    .overrideProvider(StartupCheck)
    .useValue(noStartupCheck)
    .overrideProvider(ByokHealth)
    .useValue(healthWithoutDatabase)
    .overrideProvider(AuditTable)
    .useValue(new MemoryAuditTable())
    .overrideProvider(TypeOrmKeyStorage)
    .useFactory({
      inject: [BYOK_OPTIONS, EncryptionService],
      factory: async (options: ResolvedByokOptions, encryption: EncryptionService) => {
        const storage = new MemoryKeyStorage();
        await new KeySeeder(storage, encryption, options).seed(keys);
        return storage;
      },
    });
}

/** In sessions, a test could give nobody a key. */
function testOptions(options: ByokModuleOptions, resolveUser: TestKeysOptions['resolveUser']): ByokModuleOptions {
  const storage = options.storage === 'database' ? 'database' : 'hybrid';
  return { ...options, db: NOWHERE, storage, ...(resolveUser && { resolveUser }) };
}
