import type { StandInAnswer, StandInRequest } from './provider-stand-in.js';

/** Name of an answer that providers give, see `StandInScript`. @publicApi */
export type NamedAnswer = 'ok' | 'refused' | 'no-credit' | 'rate-limited' | 'down';

const REFUSALS: Record<Exclude<NamedAnswer, 'ok'>, (key: string) => [status: number, error: object]> = {
  refused: (key) => [
    401,
    { message: `Incorrect API key provided: ${key}.`, type: 'invalid_request_error', code: 'invalid_api_key' },
  ],
  'no-credit': (key) => [
    429,
    { message: `You exceeded your current quota (${key}).`, type: 'insufficient_quota', code: 'insufficient_quota' },
  ],
  'rate-limited': () => [429, { message: 'Rate limit reached.', type: 'requests', code: 'rate_limit_exceeded' }],
  down: () => [503, { message: 'The engine is currently overloaded.', type: 'server_error', code: null }],
};

/** @internal */
export function namedAnswer(name: Exclude<NamedAnswer, 'ok'>, key: string): StandInAnswer {
  const [status, error] = REFUSALS[name](key);
  return { status, body: { error: { param: null, ...error } }, headers: status === 429 ? { 'retry-after': '1' } : {} };
}

interface ChatRequest {
  model?: unknown;
  stream?: unknown;
  messages?: { content?: unknown }[];
}

/** What a provider answers that accepts the key. @internal */
export function usualAnswer({ path, body }: StandInRequest): StandInAnswer {
  const { model = 'stand-in', stream, messages } = (typeof body === 'object' ? body : {}) as ChatRequest;
  const said = messages?.at(-1)?.content;
  const text = `You said: ${typeof said === 'string' ? said : JSON.stringify(said ?? '')}`;
  if (path.endsWith('/chat/completions')) return stream === true ? streamed(model, text) : completion(model, text);
  if (path.endsWith('/messages')) return message(model, text);
  if (path.endsWith('/models')) return { body: { object: 'list', data: [{ id: 'stand-in', object: 'model' }] } };
  const advice = `The stand-in has no answer for ${path}. Script it: standIn.answer('${path}', …).`;
  return { status: 404, body: { error: { message: advice, type: 'invalid_request_error', param: null, code: null } } };
}

function completion(model: unknown, content: string): StandInAnswer {
  const choice = { index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' };
  const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 };
  return { body: { id: 'chatcmpl-1', object: 'chat.completion', created: 0, model, choices: [choice], usage } };
}

function streamed(model: unknown, content: string): StandInAnswer {
  const chunk = (delta: object, finish_reason: string | null) => {
    const choices = [{ index: 0, delta, finish_reason }];
    return `data: ${JSON.stringify({ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 0, model, choices })}\n\n`;
  };
  const words = content.split(/(?<= )/).map((word) => chunk({ content: word }, null));
  return { stream: [chunk({ role: 'assistant' }, null), ...words, chunk({}, 'stop'), 'data: [DONE]\n\n'] };
}

function message(model: unknown, text: string): StandInAnswer {
  const usage = { input_tokens: 1, output_tokens: 1 };
  const content = [{ type: 'text', text }];
  return {
    body: { id: 'msg_1', type: 'message', role: 'assistant', model, content, stop_reason: 'end_turn', usage },
  };
}
