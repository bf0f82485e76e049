import { expect } from '@jest/globals';
import type { Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { parseEnv } from 'node:util';
import { cli } from '../../support/cli.js';
import { bench, codeOf, KEY, load, type Runs } from '../bench.js';
import { stubProviders } from './network.js';

/** Snippets of docs/getting-started.md: from a new application to its first guarded call, without a refusal on the way. */
export const FIRST_STEPS_RUNS: Runs = {
  'new-application.sh': async () => {
    const [create, enter, install] = codeOf('new-application.sh').split('\n');
    const [, folder] = /^npx @nestjs\/cli new (\S+) --package-manager npm$/.exec(create)!;
    expect([enter, install]).toEqual([`cd ${folder}`, codeOf('install.sh')]);
  },

  'env.sh': async () => {
    const [database, secret] = codeOf('env.sh').split('\n');
    const [, line] = /^echo "(.+)" > \.env$/.exec(database)!;
    const [, command] = /^npx nestjs-byok (.+) >> \.env$/.exec(secret)!;
    const { stdout } = await cli(command.split(' '));
    const { DATABASE_URL, BYOK_SECRET, ...others } = parseEnv(`${line}\n${stdout}`);
    expect([new URL(DATABASE_URL!).protocol, others]).toEqual(['postgres:', {}]);
    expect(() => new bench.library.EncryptionService(BYOK_SECRET!)).not.toThrow();
  },

  'trial.module.ts': expectFirstCall,
  'call.sh': expectFirstCall,

  'start.sh': async () => {
    expect(codeOf('start.sh')).toBe('npx nest start --env-file .env');
  },
};

/** Opens the page, stores a key by its form, and calls the handler as the document does. There is no session, and no sign-in. */
async function expectFirstCall(): Promise<void> {
  const { AppModule } = await load<{ AppModule: Type }>('trial.module.ts');
  const nest = await NestFactory.create(AppModule, { logger: false, abortOnError: false });
  bench.apps.push(nest);
  await nest.listen(0, '127.0.0.1');
  const url = await nest.getUrl();
  const calls = stubProviders();
  const browser = { accept: 'text/html', 'sec-fetch-site': 'same-origin' };
  expect((await fetch(`${url}/byok`, { headers: browser })).status).toBe(200);
  const body = new URLSearchParams({ provider: 'openai', api_key: KEY });
  const saved = await fetch(`${url}/byok/keys`, { method: 'POST', headers: browser, body, redirect: 'manual' });
  expect(saved.status).toBe(303);
  const [, path, type, json] = /^curl localhost:3000(\S+) -H '([^']+)' -d '(.+)'$/.exec(codeOf('call.sh'))!;
  const headers = Object.fromEntries([type.split(': ')]) as Record<string, string>;
  const answer = await fetch(url + path, { method: 'POST', headers, body: json });
  expect([answer.status, await answer.json()]).toEqual([201, { reply: 'Hi' }]);
  expect(calls).toMatchObject([{ authorization: `Bearer ${KEY}`, body: { messages: [{ content: 'Hello' }] } }]);
}
