import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { maskKey } from 'nestjs-byok';

interface ChatRequest {
  stream?: boolean;
  messages?: { content?: unknown }[];
}

interface Answer {
  status: number;
  body: object;
  /** The same text in parts, as OpenAI streams it. */
  stream?: string[];
}

const SLOW = 3_000;
const openAiError = (status: number, code: string, message: string): Answer => ({
  status,
  body: { error: { message, type: 'invalid_request_error', param: null, code } },
});
const anthropicError = (status: number, type: string, message: string): Answer => ({
  status,
  body: { type: 'error', error: { type, message } },
});

/** What the providers answer to these messages. */
const SCENES: Record<string, { openai: Answer; anthropic: Answer }> = {
  refused: {
    openai: openAiError(401, 'invalid_api_key', 'Incorrect API key provided. See https://platform.openai.com.'),
    anthropic: anthropicError(401, 'authentication_error', 'invalid x-api-key'),
  },
  'no credit': {
    openai: openAiError(429, 'insufficient_quota', 'You exceeded your current quota.'),
    anthropic: anthropicError(400, 'invalid_request_error', 'Your credit balance is too low to access the API.'),
  },
  restricted: {
    openai: openAiError(403, 'missing_scope', 'You have insufficient permissions. Missing scopes: model.request.'),
    anthropic: anthropicError(403, 'permission_error', 'Your API key does not have permission to use this.'),
  },
};

/** What to write to see the stand-ins do something else than reply. */
export const SCENE_NAMES = [...Object.keys(SCENES), 'slow'];

/**
 * A stand-in for OpenAI and Anthropic. It accepts any key and replies with the end of the key that it received. Some
 * messages have it answer as the provider does about a key it does not accept: see `SCENES`.
 *
 * @returns its address
 */
export async function startProviderStandIn(): Promise<string> {
  const server = createServer((request, response) => {
    void answer(request).then(
      ({ status, body, stream }) => {
        if (!stream) response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
        else {
          response.writeHead(status, { 'content-type': 'text/event-stream' });
          response.end(stream.map((data) => `data: ${data}\n\n`).join(''));
        }
      },
      () => response.writeHead(400).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  server.unref();
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function answer(request: IncomingMessage): Promise<Answer> {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  const { messages, stream } = JSON.parse(body || '{}') as ChatRequest;
  const text = (name: string, key: string): string =>
    `${name}'s stand-in was called with the key ${maskKey(key)} and this: ${String(messages?.[0]?.content)}`;
  const said = String(messages?.[0]?.content).trim().toLowerCase();
  if (said === 'slow') await new Promise((resolve) => setTimeout(resolve, SLOW));
  const scene = Object.hasOwn(SCENES, said) ? SCENES[said] : undefined;
  switch (request.url?.split('?')[0]) {
    case '/v1/models':
      return { status: 200, body: { object: 'list', data: [] } };
    case '/v1/chat/completions': {
      const key = (request.headers.authorization ?? '').replace('Bearer ', '');
      const reply = { choices: [{ message: { role: 'assistant', content: text('OpenAI', key) } }] };
      return scene?.openai ?? { status: 200, body: reply, ...(stream && { stream: partsOf(text('OpenAI', key)) }) };
    }
    case '/v1/messages': {
      const reply = { content: [{ type: 'text', text: text('Anthropic', String(request.headers['x-api-key'])) }] };
      return scene?.anthropic ?? { status: 200, body: reply };
    }
    default:
      return { status: 404, body: {} };
  }
}

function partsOf(text: string): string[] {
  const parts = text.split(/(?<= )/).map((content) => JSON.stringify({ choices: [{ index: 0, delta: { content } }] }));
  return [...parts, '[DONE]'];
}
