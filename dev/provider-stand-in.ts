import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { maskKey } from 'nestjs-byok';

interface ChatRequest {
  messages?: { content?: unknown }[];
}

/**
 * A stand-in for OpenAI and Anthropic. It accepts any key and replies with the end of the key that it received.
 *
 * @returns its address
 */
export async function startProviderStandIn(): Promise<string> {
  const server = createServer((request, response) => {
    void answer(request).then(
      (found) =>
        response.writeHead(found ? 200 : 404, { 'content-type': 'application/json' }).end(JSON.stringify(found)),
      () => response.writeHead(400).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  server.unref();
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function answer(request: IncomingMessage): Promise<object | undefined> {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  const { messages } = JSON.parse(body || '{}') as ChatRequest;
  const text = (name: string, key: string): string =>
    `${name}'s stand-in was called with the key ${maskKey(key)} and this: ${String(messages?.[0]?.content)}`;
  switch (request.url) {
    case '/v1/chat/completions': {
      const key = (request.headers.authorization ?? '').replace('Bearer ', '');
      return { choices: [{ message: { role: 'assistant', content: text('OpenAI', key) } }] };
    }
    case '/v1/messages':
      return { content: [{ type: 'text', text: text('Anthropic', String(request.headers['x-api-key'])) }] };
    default:
      return undefined;
  }
}
