import type { DynamicModule, INestApplication, ModuleMetadata } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { ByokModule, type ByokModuleOptions, ByokService, EncryptionService } from '../../lib/index.js';

/** The secret of applications that do not say which. */
export const SECRET = EncryptionService.generateSecret();

export interface ByokApp {
  app: INestApplication;
  byok: ByokService;
  close: () => Promise<void>;
}

/** Starts an application that has the module and nothing else. */
export function startByok(options: Partial<ByokModuleOptions>): Promise<ByokApp> {
  return startWith(ByokModule.forRoot({ secret: SECRET, ...options }));
}

/** Starts an application with these modules. One that does not start is closed before the error is told. */
export async function startWith(
  ...imports: NonNullable<ModuleMetadata['imports']> | DynamicModule[]
): Promise<ByokApp> {
  const module = await Test.createTestingModule({ imports }).compile();
  const app = module.createNestApplication({ logger: false });
  try {
    await app.init();
  } catch (error) {
    await app.close().catch(() => undefined);
    throw error;
  }
  return { app, byok: app.get(ByokService), close: () => app.close() };
}
