import Anthropic from '@anthropic-ai/sdk';
import { createAnthropic } from '@ai-sdk/anthropic';
import { createOpenAI } from '@ai-sdk/openai';
import { BedrockRuntimeClient, ConverseCommand } from '@aws-sdk/client-bedrock-runtime';
import { GoogleGenAI } from '@google/genai';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Mistral } from '@mistralai/mistralai';
import { HTTPClient } from '@mistralai/mistralai/lib/http.js';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { generateText } from 'ai';
import axios from 'axios';
import { CohereClient } from 'cohere-ai';
import Groq from 'groq-sdk';
import OpenAI, { AzureOpenAI } from 'openai';
import { failureOf, readFailure } from '../../lib/refusals/index.js';
import { knownProviderIds, knownProviders, type KnownProviderId } from '../../lib/providers/index.js';
import { DROPPED_BY_OPENAI, NEEDS_ADDRESS, ONLY_AT_A_CHECK } from './answers/at-use.js';
import { answer, type Case, type Cases } from './answers/case.js';
import { MODEL_HOSTS } from './answers/model-hosts.js';
import { MODEL_MAKERS } from './answers/model-makers.js';
import { SERVICES } from './answers/services.js';
import { REQUESTS } from './requests.js';
import { StandIn } from './stand-in.js';

const ANSWERS: Cases = { ...MODEL_MAKERS, ...MODEL_HOSTS, ...SERVICES };
const KEY = 'an-example-of-a-key-1f9c';
const readers = knownProviders(...knownProviderIds);
const standIn = new StandIn();

beforeAll(() => standIn.start());
afterAll(() => standIn.stop());

/** Sends what is for a provider to the stand-in, and names the provider's address as that of the answer. */
const rerouted: typeof fetch = async (input, init) => {
  const url = input instanceof Request ? input.url : String(input);
  const { pathname, search } = new URL(url);
  const request = input instanceof Request ? input : undefined;
  const response = await fetch(standIn.url + pathname + search, {
    method: init?.method ?? request?.method ?? 'GET',
    headers: init?.headers ?? request?.headers ?? {},
    body: init?.body ?? (request && request.method !== 'GET' ? await request.text() : null),
  });
  return Object.defineProperty(response, 'url', { value: url });
};

const call = { model: 'example', messages: [{ role: 'user' as const, content: 'Hello' }] };
const openai = (id: KnownProviderId) => () =>
  new OpenAI({ apiKey: KEY, baseURL: REQUESTS[id].base, fetch: rerouted, maxRetries: 0 }).chat.completions.create(call);
const message = { model: 'example', max_tokens: 1, messages: call.messages };

/** A call of a provider with its SDK, or with the one that people use for it. */
const CALLS: [sdk: string, id: KnownProviderId, call: () => Promise<unknown>][] = [
  ...(['openai', 'groq', 'deepseek', 'openrouter', 'xai', 'together', 'fireworks', 'cerebras', 'mistral'] as const).map(
    (id): (typeof CALLS)[number] => ['openai', id, openai(id)],
  ),
  ['openai', 'perplexity', openai('perplexity')],
  ['openai', 'huggingface', openai('huggingface')],
  ['openai', 'nvidia-nim', openai('nvidia-nim')],
  [
    'openai',
    'azure-openai',
    () =>
      new AzureOpenAI({
        apiKey: KEY,
        endpoint: REQUESTS['azure-openai'].base,
        apiVersion: '2024-10-21',
        fetch: rerouted,
        maxRetries: 0,
      }).chat.completions.create(call),
  ],
  [
    'anthropic',
    'anthropic',
    () => new Anthropic({ apiKey: KEY, fetch: rerouted, maxRetries: 0 }).messages.create(message),
  ],
  ['groq-sdk', 'groq', () => new Groq({ apiKey: KEY, fetch: rerouted, maxRetries: 0 }).chat.completions.create(call)],
  [
    'ai',
    'openai',
    () =>
      generateText({
        model: createOpenAI({ apiKey: KEY, fetch: rerouted })('example'),
        prompt: 'Hello',
        maxRetries: 0,
      }),
  ],
  [
    'ai',
    'anthropic',
    () =>
      generateText({
        model: createAnthropic({ apiKey: KEY, fetch: rerouted })('example'),
        prompt: 'Hello',
        maxRetries: 0,
      }),
  ],
  [
    '@google/genai',
    'google-gemini',
    () =>
      new GoogleGenAI({ apiKey: KEY, httpOptions: { baseUrl: standIn.url } }).models.generateContent({
        model: 'example',
        contents: 'Hello',
      }),
  ],
  [
    'mistralai',
    'mistral',
    () => new Mistral({ apiKey: KEY, httpClient: new HTTPClient({ fetcher: rerouted }) }).chat.complete(call),
  ],
  [
    'cohere-ai',
    'cohere',
    () => new CohereClient({ token: KEY, fetch: rerouted }).chat({ message: 'Hello' }, { maxRetries: 0 }),
  ],
  ['client-bedrock-runtime', 'bedrock-api-key', () => bedrock({ token: { token: KEY } })],
  [
    'client-bedrock-runtime',
    'aws-access-key',
    () => bedrock({ credentials: { accessKeyId: 'AKIDEXAMPLEEXAMPLE', secretAccessKey: KEY } }),
  ],
  ...knownProviderIds
    .filter((id) => id !== 'aws-access-key')
    .map((id): (typeof CALLS)[number] => ['axios', id, () => byAxios(id)]),
  ...knownProviderIds
    .filter((id) => id !== 'aws-access-key')
    .map((id): (typeof CALLS)[number] => ['fetch', id, () => byFetch(id)]),
];

async function bedrock(how: object): Promise<unknown> {
  const client = new BedrockRuntimeClient({
    region: 'eu-central-1',
    endpoint: standIn.url,
    requestHandler: new NodeHttpHandler(),
    maxAttempts: 1,
    ...('token' in how ? { authSchemePreference: ['httpBearerAuth'] } : {}),
    ...how,
  });
  try {
    return await client.send(
      new ConverseCommand({ modelId: 'example', messages: [{ role: 'user', content: [{ text: 'Hello' }] }] }),
    );
  } finally {
    client.destroy();
  }
}

function addressOf(id: KnownProviderId): string {
  const host = id === 'bedrock-api-key' ? 'https://bedrock-runtime.eu-central-1.amazonaws.com' : REQUESTS[id].base;
  return `${host}/any/path`;
}

function byAxios(id: KnownProviderId): Promise<unknown> {
  return axios.get(addressOf(id), {
    headers: { authorization: `Bearer ${KEY}` },
    // As axios' own, with another host.
    adapter: async (config) => {
      const response = await rerouted(config.url!, {});
      const data: unknown = await response.text();
      const answered = {
        data,
        status: response.status,
        statusText: '',
        headers: Object.fromEntries(response.headers),
        config,
      };
      throw new axios.AxiosError('failed', 'ERR_BAD_REQUEST', config, {}, answered as never);
    },
  });
}

function byFetch(id: KnownProviderId): Promise<Response> {
  return rerouted(addressOf(id), {});
}

/** Of these the errors have an address. */
const WITH_ADDRESS = new Set(['ai', 'mistralai', 'cohere-ai', 'axios', 'fetch']);

/** Whether an error of this SDK shows that it is about the key, and whose it is. */
function isRead(sdk: string, id: KnownProviderId, each: Case): boolean {
  const name = `${id}: ${each.what}`;
  if (!/^refused|no-credit$|restricted$/.test(each.says) || ONLY_AT_A_CHECK.has(name)) return false;
  if (WITH_ADDRESS.has(sdk)) return true;
  return !NEEDS_ADDRESS.has(name) && !(sdk === 'openai' && DROPPED_BY_OPENAI.has(name));
}

async function recognized(thrown: unknown): Promise<string[]> {
  const failure = thrown instanceof Response ? await readFailure(thrown) : failureOf(thrown);
  return knownProviderIds.flatMap((id) => {
    const verdict = readers[id].readFailure!(failure);
    return verdict ? [`${id}: ${verdict.outcome}/${verdict.reason}`] : [];
  });
}

/** As services of AWS say it that speak JSON. */
const aws = (type: string, message: string, says: string) =>
  answer(type, 403, { message }, says, { 'x-amzn-errortype': type });
const AWS = [
  aws('UnrecognizedClientException', 'The security token included in the request is invalid.', 'refused/invalid'),
  aws('InvalidSignatureException', 'The request signature we calculated does not match.', 'refused/invalid'),
  aws(
    'InvalidSignatureException',
    'Signature expired: 20261101T000000Z is now earlier than 20261101T001500Z',
    'unknown',
  ),
  aws('ExpiredTokenException', 'The security token included in the request is expired', 'refused/expired'),
  aws(
    'AccessDeniedException',
    'User: arn:aws:iam::000000000000:user/a is not authorized to perform: bedrock:InvokeModel',
    'unknown',
  ),
];

const cases = CALLS.flatMap(([sdk, id, call]) =>
  (id === 'aws-access-key' ? AWS : ANSWERS[id]!)
    .filter(({ status }) => status >= 400)
    .map((each) => ({
      name: `${sdk}, ${id}: ${each.what}`,
      call,
      each,
      expected: isRead(sdk, id, each) ? [`${id}: ${each.says}`] : [],
    })),
);

describe('An error of an SDK', () => {
  it.each(cases.map((each): [string, (typeof cases)[number]] => [each.name, each]))(
    'is read by its own provider alone: %s',
    async (_, { call, each, expected }) => {
      standIn.willAnswer(each);
      const thrown = await call().then(
        // Of fetch, the response itself is what is thrown.
        (answered) => (answered instanceof Response ? answered : Promise.reject(new Error('The call succeeded.'))),
        (error: unknown) => error,
      );
      expect(standIn.arrived.length).toBeGreaterThan(0);
      expect(await recognized(thrown)).toEqual(expected);
    },
  );

  it('is read in most cases', () => {
    expect(cases.length).toBeGreaterThan(300);
    expect(cases.filter(({ expected }) => expected.length === 1).length).toBeGreaterThan(180);
  });
});
