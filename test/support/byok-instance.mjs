import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { Module } from '@nestjs/common';
import { ByokModule, ByokService } from '../../dist/index.js';
import { VaultTransitWrapper } from '../../dist/kms/vault-transit.wrapper.js';

// An instance of an application in a process of its own. It does what the parent process sends: calls of ByokService.

class InstanceModule {}
const options = JSON.parse(process.env.BYOK_TEST_OPTIONS);
// Objects of a class do not travel either: where the secret is kept by Vault, its options came.
if (options.secret?.vault) options.secret = new VaultTransitWrapper(options.secret.vault);
Module({ imports: [ByokModule.forRoot(options)] })(InstanceModule);

const app = await NestFactory.createApplicationContext(InstanceModule, { logger: false });
const byok = app.get(ByokService);

process.on('message', async ({ id, method, args }) => {
  try {
    if (method === 'now') process.send({ id, result: Date.now() });
    else process.send({ id, result: (await byok[method](...args.map(revive))) ?? null });
  } catch (error) {
    process.send({ id, error: { name: error.name, message: error.message } });
  }
});
process.on('disconnect', async () => {
  await app.close();
  process.exit();
});
process.send({ ready: true });

/** Dates do not travel in messages. */
function revive(value) {
  if (typeof value?.expiresAt !== 'number') return value;
  return { ...value, expiresAt: new Date(value.expiresAt) };
}
