import { Controller, Get, Inject, Req } from '@nestjs/common';
import { ApiKey, ByokModule, ByokService, RequireAnyApiKey, RequireApiKey } from '../../dist/index.js';
import { controllerWith, KEY_LENGTH } from './route.mjs';

const FIVE = ['openai', 'anthropic', 'mistral', 'cohere', 'groq'];

/** The library as its README shows it. */
export function ours({ url, secret, storage, tableName, anyOfFive = false, preparedStatements = true }) {
  const guard = anyOfFive ? RequireAnyApiKey(FIVE) : RequireApiKey('openai');
  const provider = anyOfFive ? undefined : 'openai';
  const routes = controllerWith((apiKey) => ({ length: apiKey.length }), {
    decorators: [guard],
    parameters: [ApiKey(provider)],
  });
  return {
    imports: [
      ByokModule.forRoot({
        secret,
        storage,
        ...(storage !== 'session' && { db: { type: 'postgres', url, extra: { max: 10 } } }),
        ...(tableName && { tableName }),
        preparedStatements,
        https: 'off',
        dashboard: false,
        ...(storage !== 'session' && { resolveUser: ({ headers }) => headers['x-user'] }),
      }),
    ],
    controllers: [routes, ...(storage === 'session' ? [storeController()] : [])],
  };
}

/** `GET /store` puts a key into the visitor's session. */
function storeController() {
  class StoreController {
    constructor(byok) {
      this.byok = byok;
    }

    async store(request) {
      await this.byok.setKey(request, 'openai', 'an-example-of-an-api-key-'.padEnd(KEY_LENGTH, 'x'));
      return {};
    }
  }
  Controller()(StoreController);
  Inject(ByokService)(StoreController, undefined, 0);
  Req()(StoreController.prototype, 'store', 0);
  Get('store')(StoreController.prototype, 'store', Object.getOwnPropertyDescriptor(StoreController.prototype, 'store'));
  return StoreController;
}
