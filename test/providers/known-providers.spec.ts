import { describe, expect, it } from '@jest/globals';
import { ConfigurationError } from '../../lib/errors/index.js';
import type { ProviderConfig } from '../../lib/interfaces/index.js';
import { readDocument } from '../docs/documents.js';
import { catalogueTable } from './catalogue-table.js';
import { checkProviderConfigs } from '../../lib/options/provider-options.js';
import {
  knownProvider,
  knownProviderIds,
  knownProviders,
  type KnownProviderId,
  type KnownProviderOverrides,
} from '../../lib/providers/index.js';

const all = knownProviders(...knownProviderIds);

describe('The catalogue', () => {
  it('has 27 providers, each a valid configuration with a check and a reader', () => {
    expect(knownProviderIds).toHaveLength(27);
    const checked = checkProviderConfigs(all);
    expect(Object.keys(checked)).toEqual(knownProviderIds);
    for (const config of Object.values(checked)) {
      expect(config).toMatchObject({ check: expect.any(Function), readFailure: expect.any(Function) });
      // A pattern refuses, and providers change their keys.
      expect(config.keyPattern?.source).toBe(config === checked['openai-compatible'] ? '\\S' : undefined);
      expect(config.strict).toBeUndefined();
    }
  });

  it.each(knownProviderIds)('knows where the keys of %s are managed', (id) => {
    const { docsUrl, keysUrl = docsUrl } = all[id];
    for (const url of [docsUrl, keysUrl]) expect(new URL(url!).protocol).toBe('https:');
    expect(`${docsUrl} ${keysUrl}`).not.toMatch(/\s.*\s|›|[{}]/);
  });

  it('lists hosts of the providers, and none below which anybody can have one', () => {
    for (const id of knownProviderIds) {
      const hosts = all[id].hosts!;
      expect([id, hosts.length]).toEqual([id, id === 'openai-compatible' ? 0 : expect.any(Number)]);
      // The markers of AWS are read there, never a status.
      if (id !== 'aws-access-key') {
        expect(hosts.filter((host) => /^\*\.(?:amazonaws\.com|api\.aws|azure\.com|com)$/.test(host))).toEqual([]);
      }
    }
  });

  it('gives each caller objects of its own', () => {
    knownProvider('openai').fields!['project'].label = 'changed';
    (knownProvider('openai').hosts as string[]).push('evil.example');
    expect(knownProvider('openai').fields!['project'].label).toBe('Project');
    expect(knownProvider('openai').hosts).toEqual(['api.openai.com', '*.api.openai.com']);
  });

  it('has typed identifiers, and a result of those that were given', () => {
    const some: Record<'openai' | 'groq', ProviderConfig> = knownProviders('openai', 'groq');
    expect(Object.keys(some)).toEqual(['openai', 'groq']);
    // @ts-expect-error it was not asked for
    expect(some.anthropic).toBeUndefined();
    // @ts-expect-error there is no such provider
    expect(() => knownProviders('openia')).toThrow(ConfigurationError);
  });

  it.each(['openia', '__proto__', 'constructor', 'toString', ''])('lists what there is for %j', (id) => {
    expect(() => knownProvider(id as KnownProviderId)).toThrow(ConfigurationError);
    expect(() => knownProvider(id as KnownProviderId)).toThrow(/It has: openai, anthropic, .*openai-compatible\.$/);
  });
});

describe('An override', () => {
  it('replaces a whole property', () => {
    const check = () => Promise.resolve({ outcome: 'unknown' as const });
    const changed = knownProvider('openai', { name: 'Ours', keyPrefix: 'ours-', hosts: ['llm.example.com'], check });
    expect(changed).toMatchObject({ name: 'Ours', keyPrefix: 'ours-', hosts: ['llm.example.com'] });
    expect(changed.check).toBe(check);
    expect(knownProvider('openai', { name: undefined }).name).toBe('OpenAI');
  });

  it('merges fields by name, and leaves one out for null', () => {
    const { fields } = knownProvider('openai-compatible', {
      fields: { baseUrl: { allowPrivate: true }, team: { label: 'Team' } },
    });
    expect(fields).toEqual({
      baseUrl: expect.objectContaining({ type: 'url', required: true, visible: true, allowPrivate: true }),
      team: { label: 'Team' },
    });
    expect(Object.keys(knownProvider('openai', { fields: { project: null } }).fields!)).toEqual(['organization']);
  });

  it.each(['http://127.0.0.1:8080/v1', 'http://localhost:8080', 'https://llm.example.com/v1/', 'http://vllm:8000/v1'])(
    'takes the baseUrl %s',
    (baseUrl) => {
      const config = knownProvider('openai', { baseUrl });
      expect(config.baseUrl).toBe(baseUrl);
      checkProviderConfigs({ openai: config });
    },
  );

  it.each<KnownProviderOverrides['baseUrl']>([
    'api.openai.com',
    'http://api.openai.com/v1',
    'ftp://api.openai.com',
    'https://api.openai.com/v1?a=b',
    'https://api.openai.com/v1#a',
    'https://user:pass@api.openai.com/v1',
    '',
    3 as never,
  ])('refuses the baseUrl %j', (baseUrl) => {
    expect(() => knownProvider('openai', { baseUrl })).toThrow(ConfigurationError);
  });

  it('with a baseUrl leaves out the field that is the address', () => {
    const baseUrl = 'https://llm.example.com';
    expect(knownProvider('openai-compatible', { baseUrl }).fields).toBeUndefined();
    expect(Object.keys(knownProvider('azure-openai', { baseUrl }).fields!)).toEqual(['deployment', 'apiVersion']);
  });
});

describe('docs/providers.md', () => {
  it('has the catalogue as it is', () => {
    const [, section] = /<!-- catalogue -->\n([^]*?)<!-- \/catalogue -->/.exec(readDocument('docs/providers.md'))!;
    const rows = section.split('\n').filter((line) => line.startsWith('| `'));
    const cells = rows.map((row) =>
      row
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
    expect(cells).toEqual(catalogueTable());
  });
});
