import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { checkFetch } from '../../lib/checks/check-fetch.js';
import {
  knownProvider,
  knownProviderIds,
  type KnownProviderId,
  type KnownProviderOverrides,
} from '../../lib/providers/index.js';
import { answer, list, OPENRESTY } from './answers/case.js';
import { MODEL_HOSTS } from './answers/model-hosts.js';
import { MODEL_MAKERS } from './answers/model-makers.js';
import { SERVICES } from './answers/services.js';
import { REQUESTS } from './requests.js';
import { StandIn, type Answers } from './stand-in.js';

const ANSWERS = { ...MODEL_MAKERS, ...MODEL_HOSTS, ...SERVICES };
const standIn = new StandIn();
const refused = answer('', 401, { error: 'a' }, '');

beforeAll(() => standIn.start());
afterAll(() => standIn.stop());

/** A check as the library runs it, with its own fetch. */
async function check(id: KnownProviderId, apiKey: string, answers: Answers, overrides: KnownProviderOverrides) {
  const config = knownProvider(id, overrides);
  const { fields = {} } = REQUESTS[id];
  const { signal } = new AbortController();
  standIn.willAnswer(...answers);
  const fetch = checkFetch(config, fields, apiKey, signal);
  const { outcome, reason } = await config.check!({ provider: id, apiKey, fields, signal, fetch });
  return reason === undefined ? outcome : `${outcome}/${reason}`;
}

describe('With the fetch of the library', () => {
  const key = 'an-example-of-a-key-1f9c';

  it.each(knownProviderIds)('the check of %s reads what its provider says', async (id) => {
    const baseUrl = standIn.url;
    const control = id === 'perplexity' ? answer('', 401, OPENRESTY, '') : refused;
    for (const each of (ANSWERS[id] ?? []).filter(({ says }) => says !== 'unknown/not-checkable')) {
      const controlled = id === 'perplexity' || id === 'openai-compatible';
      const answers = controlled && each.status !== 403 ? [each, control] : [each];
      expect([each.what, await check(id, key, answers, { baseUrl })]).toEqual([each.what, each.says]);
    }
  });

  it.each(knownProviderIds)('nothing that does not answer refuses a key of %s', async (id) => {
    expect(await check(id, key, [refused], { baseUrl: 'http://127.0.0.1:1' })).toBe('unknown/unreachable');
  });

  it('a short key may be a part of the address of its server', async () => {
    const baseUrl = `${standIn.url}/ollama/v1`;
    expect(await check('openai-compatible', 'ollama', [answer('', 200, list, ''), refused], { baseUrl })).toBe(
      'accepted',
    );
  });

  it('a server in the network inside is not asked for a field', async () => {
    const config = knownProvider('openai-compatible');
    const fields = { baseUrl: `${standIn.url}/v1` };
    const { signal } = new AbortController();
    standIn.willAnswer(refused);
    const fetch = checkFetch(config, fields, key, signal);
    expect(await config.check!({ provider: 'any', apiKey: key, fields, signal, fetch })).toEqual({
      outcome: 'unknown',
      reason: 'unreachable',
    });
    expect(standIn.arrived).toEqual([]);
  });
});
