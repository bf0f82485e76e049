import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ByokModule } from '../byok.module.js';
import { EncryptionService } from '../crypto/index.js';
import { StartupCheck, WrappedRootKeys } from '../keyring/index.js';
import type { ProviderConfig } from '../interfaces/index.js';
import { USER_SOURCE } from '../validation/index.js';
import type { Target } from './target.js';

/** @internal */
export interface ServiceOptions {
  providers?: Record<string, ProviderConfig>;
  /** The kind of owner that a command is about. */
  sharedKind?: string;
}

/**
 * Makes the module's services on the database, without an application, for the time of the work. Keys that a key
 * management service holds are there then.
 *
 * @throws KeyWrapperError if their service refuses or is away
 * @internal
 */
export async function withServices<T>(
  { url, table, secrets, audit }: Target,
  work: (services: INestApplicationContext) => Promise<T>,
  { providers = {}, sharedKind = USER_SOURCE }: ServiceOptions = {},
): Promise<T> {
  const definition = ByokModule.forRoot({
    // Where none is needed, one that nothing is sealed with.
    secret: secrets.length > 0 ? secrets : EncryptionService.generateSecret(),
    db: { type: 'postgres', url, applicationName: 'nestjs-byok cli', migrationsRun: false },
    tableName: table,
    providers,
    // Nobody's request is looked at.
    sharedOwners: sharedKind === USER_SOURCE ? {} : { [sharedKind]: { resolve: () => undefined } },
    // A transaction pooler may be in between, and the few statements are large.
    preparedStatements: false,
    cleanup: { onRequest: false, sweepEvery: null },
    dashboard: false,
    api: false,
    rateLimit: false,
    https: 'off',
    audit,
  });
  // It refuses to start without the secret of every row. Here that is looked at by who seals; others have to go on.
  definition.providers = definition.providers!.filter((provider) => provider !== StartupCheck);
  const services = await NestFactory.createApplicationContext(definition, { logger: false, abortOnError: false });
  try {
    await services.get(WrappedRootKeys, { strict: false }).openNow();
    return await work(services);
  } finally {
    await services.close();
  }
}
