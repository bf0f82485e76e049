import Anthropic from '@anthropic-ai/sdk';
import { createAnthropic } from '@ai-sdk/anthropic';
import { createOpenAI } from '@ai-sdk/openai';
import { BedrockRuntimeClient, ConverseCommand, ConverseStreamCommand } from '@aws-sdk/client-bedrock-runtime';
import { GoogleGenAI } from '@google/genai';
import { Mistral } from '@mistralai/mistralai';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { generateText } from 'ai';
import axios from 'axios';
import { CohereClientV2 } from 'cohere-ai';
import Groq from 'groq-sdk';
import OpenAI from 'openai';
import { fetch as undiciFetch, interceptors, Agent, request } from 'undici';
import type { Tested } from './answers.js';

/** A call with a key, to a provider at an address. */
export type Call = (apiKey: string, url: string) => Promise<unknown>;

const QUESTION = [{ role: 'user' as const, content: 'Hello' }];
const OPENAI = { model: 'a-model', messages: QUESTION };
const ANTHROPIC = { model: 'a-model', max_tokens: 10, messages: QUESTION };
const BEDROCK = { modelId: 'a-model', messages: [{ role: 'user' as const, content: [{ text: 'Hello' }] }] };

function bedrock(apiKey: string, endpoint: string): BedrockRuntimeClient {
  return new BedrockRuntimeClient({
    region: 'us-east-1',
    endpoint,
    token: { token: apiKey },
    authSchemePreference: ['httpBearerAuth'],
    requestHandler: new NodeHttpHandler(),
    maxAttempts: 1,
  });
}

async function readAll(stream: AsyncIterable<unknown>): Promise<unknown[]> {
  const parts: unknown[] = [];
  for await (const part of stream) parts.push(part);
  return parts;
}

function post(apiKey: string) {
  const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' };
  return { method: 'POST' as const, headers, body: JSON.stringify(OPENAI) };
}

function fail(value: unknown): never {
  throw value;
}

/** How applications call providers: each SDK, plain and streaming. */
export const SDKS: Record<string, readonly [Tested, Call]> = {
  openai: [
    'openai',
    (apiKey, url) => new OpenAI({ apiKey, baseURL: `${url}/v1`, maxRetries: 0 }).chat.completions.create(OPENAI),
  ],
  'openai, streaming': [
    'openai',
    async (apiKey, url) => {
      const client = new OpenAI({ apiKey, baseURL: `${url}/v1`, maxRetries: 0 });
      return readAll(await client.chat.completions.create({ ...OPENAI, stream: true }));
    },
  ],
  'openai, responses': [
    'openai',
    (apiKey, url) =>
      new OpenAI({ apiKey, baseURL: `${url}/v1`, maxRetries: 0 }).responses.create({
        model: 'a-model',
        input: 'Hello',
      }),
  ],
  anthropic: [
    'anthropic',
    (apiKey, baseURL) => new Anthropic({ apiKey, baseURL, maxRetries: 0 }).messages.create(ANTHROPIC),
  ],
  'anthropic, streaming': [
    'anthropic',
    (apiKey, baseURL) => new Anthropic({ apiKey, baseURL, maxRetries: 0 }).messages.stream(ANTHROPIC).finalMessage(),
  ],
  'ai with openai': [
    'openai',
    (apiKey, url) => {
      const model = createOpenAI({ apiKey, baseURL: `${url}/v1` })('a-model');
      return generateText({ model, prompt: 'Hello', maxRetries: 0 });
    },
  ],
  'ai with anthropic, wrapped': [
    'anthropic',
    async (apiKey, url) => {
      const model = createAnthropic({ apiKey, baseURL: `${url}/v1` })('a-model');
      try {
        return await generateText({ model, prompt: 'Hello', maxRetries: 0 });
      } catch (cause) {
        throw new Error('The assistant failed.', { cause });
      }
    },
  ],
  '@google/genai': [
    'google-gemini',
    (apiKey, baseUrl) =>
      new GoogleGenAI({ apiKey, httpOptions: { baseUrl } }).models.generateContent({
        model: 'a-model',
        contents: 'Hello',
      }),
  ],
  '@google/genai, streaming': [
    'google-gemini',
    async (apiKey, baseUrl) =>
      readAll(
        await new GoogleGenAI({ apiKey, httpOptions: { baseUrl } }).models.generateContentStream({
          model: 'a-model',
          contents: 'Hello',
        }),
      ),
  ],
  'groq-sdk': [
    'groq',
    (apiKey, baseURL) => new Groq({ apiKey, baseURL, maxRetries: 0 }).chat.completions.create(OPENAI),
  ],
  '@mistralai/mistralai': [
    'mistral',
    (apiKey, serverURL) => new Mistral({ apiKey, serverURL, retryConfig: { strategy: 'none' } }).chat.complete(OPENAI),
  ],
  'cohere-ai': [
    'cohere',
    (token, environment) => new CohereClientV2({ token, environment }).chat(OPENAI, { maxRetries: 0 }),
  ],
  bedrock: ['bedrock-api-key', (apiKey, url) => bedrock(apiKey, url).send(new ConverseCommand(BEDROCK))],
  'bedrock, streaming': [
    'bedrock-api-key',
    async (apiKey, url) => readAll((await bedrock(apiKey, url).send(new ConverseStreamCommand(BEDROCK))).stream!),
  ],
  axios: [
    'openai',
    (apiKey, baseURL) =>
      axios.post('/v1/chat/completions', OPENAI, { baseURL, headers: { authorization: `Bearer ${apiKey}` } }),
  ],
  'axios with anthropic': [
    'anthropic',
    (apiKey, url) => axios.post(`${url}/v1/messages`, ANTHROPIC, { headers: { 'x-api-key': apiKey } }),
  ],
  'fetch, its response thrown': [
    'openai',
    async (apiKey, url) => {
      const response = await fetch(`${url}/v1/chat/completions`, post(apiKey));
      if (!response.ok) fail(response);
      return response.json();
    },
  ],
  "undici's fetch, its response as a cause": [
    'openai',
    async (apiKey, url) => {
      const response = await undiciFetch(`${url}/v1/chat/completions`, post(apiKey));
      if (!response.ok) throw new Error('The model failed.', { cause: response });
      return response.json();
    },
  ],
  'undici, its interceptor for errors': [
    'openai',
    async (apiKey, url) => {
      const dispatcher = new Agent().compose(interceptors.responseError());
      const { body } = await request(`${url}/v1/chat/completions`, { ...post(apiKey), dispatcher });
      return body.json();
    },
  ],
};
