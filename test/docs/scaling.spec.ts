import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startByok } from '../support/byok-app.js';
import { cli } from '../support/cli.js';
import { Consumer } from '../support/consumer.js';
import { ROOT } from '../support/manifest.js';
import { createDatabase } from '../support/postgres.js';
import { snippetsOf } from './snippets.js';

const SNIPPETS = snippetsOf(readFileSync(join(ROOT, 'docs/scaling.md'), 'utf8'));
const codeOf = (name: string) => SNIPPETS.find((snippet) => snippet.name === name)!.code;
const MODULES = ['partitions.ts', 'telemetry.module.ts', 'ready.controller.ts'];

describe('docs/scaling.md', () => {
  let consumer: Consumer;

  beforeAll(async () => {
    consumer = await Consumer.withLibrary('@types/node');
  });
  afterAll(() => consumer.remove());

  it('has the snippets that are tried here, which compile with the published types', async () => {
    expect(SNIPPETS.map(({ name }) => name)).toEqual(['row-size.sql', 'partitions.sh', ...MODULES]);
    const files = await Promise.all(MODULES.map((name) => consumer.write(name, codeOf(name))));
    const wrong = await consumer.write('wrong.ts', codeOf('partitions.ts').replace('parts: 64', 'partitions: 64'));
    expect(consumer.compile([...files, wrong])).toEqual([expect.stringMatching(/wrong\.ts:\d+: .*'partitions'/)]);
  });

  it('tells the bytes of a key, also on the partitions that its command makes', async () => {
    const database = await createDatabase();
    const { byok, close } = await startByok({ db: database.url });
    try {
      for (let i = 0; i < 50; i++)
        await byok.setKey({ userId: `user-${i}` }, 'openai', 'an-example-of-an-api-key-1f9c');
      const size = async () => (await database.query(codeOf('row-size.sql')))[0] as Record<string, string>;
      const whole = await size();
      expect(Number(whole['table_bytes'])).toBeGreaterThan(300);
      const args = /nestjs-byok (.*?) +#/.exec(codeOf('partitions.sh'))![1].split(' ');
      expect(await cli(args, { DATABASE_URL: database.url })).toMatchObject({ code: 0 });
      expect(Number((await size())['index_bytes'])).toBeGreaterThan(2 * Number(whole['index_bytes']));
    } finally {
      await close();
      await database.drop();
    }
  });
});
