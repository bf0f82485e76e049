import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A call that the stand-in has received. */
export interface ProviderCall {
  path: string;
  key: string;
  /** What the user had written. */
  text: string;
}

type Behaviour = (call: ProviderCall, response: ServerResponse) => void;

/** A stand-in for OpenAI (`<url>/v1/chat/completions`) and Anthropic (`<url>/v1/messages`). */
export interface ProviderStub {
  url: string;
  calls: ProviderCall[];
  /** Answers calls whose text is `text` so. */
  on(text: string, behaviour: Behaviour): void;
  /** What the sample needs to call it. */
  env: { OPENAI_BASE_URL: string; ANTHROPIC_BASE_URL: string };
  close(): Promise<void>;
}

export async function startProviderStub(): Promise<ProviderStub> {
  const calls: ProviderCall[] = [];
  const behaviours = new Map<string, Behaviour>();
  const server = createServer((request, response) => {
    // The check of a key that is saved.
    if (request.method === 'GET') {
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"object":"list","data":[]}');
      return;
    }
    void read(request).then((call) => {
      calls.push(call);
      (behaviours.get(call.text) ?? reply)(call, response);
    });
  });
  // A connection that is closed for being idle fails the request that is just sent on it.
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    calls,
    on: (text, behaviour) => behaviours.set(text, behaviour),
    env: { OPENAI_BASE_URL: `${url}/v1`, ANTHROPIC_BASE_URL: url },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function read(request: IncomingMessage): Promise<ProviderCall> {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  const { messages } = JSON.parse(body) as { messages: { content: string }[] };
  const { authorization, 'x-api-key': key } = request.headers;
  return {
    path: request.url!,
    key: typeof key === 'string' ? key : (authorization ?? '').replace(/^Bearer /, ''),
    text: messages[0].content,
  };
}

/** As the real ones do: an answer of its form, which the sample has to find the text in. */
function reply({ path, text }: ProviderCall, response: ServerResponse): void {
  const content = `You said: ${text}`;
  const answers: Record<string, object> = {
    '/v1/chat/completions': { choices: [{ index: 0, message: { role: 'assistant', content } }] },
    '/v1/messages': { type: 'message', content: [{ type: 'text', text: content }] },
  };
  const answer = answers[path];
  response.writeHead(answer ? 200 : 404, { 'content-type': 'application/json' }).end(JSON.stringify(answer ?? {}));
}
