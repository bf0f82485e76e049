import { BadGatewayException, GatewayTimeoutException, Inject, Injectable } from '@nestjs/common';
import { SETTINGS } from '../tokens.js';
import type { Settings } from '../settings.js';

interface Call {
  url: string;
  headers: Record<string, string>;
  body: object;
  /** Extracts the text from the provider's response. */
  reply: (answer: never) => unknown;
}

/**
 * Calls a provider with the user's key. Error messages of the provider and of `fetch` are neither passed on nor logged,
 * because they can quote the key.
 */
@Injectable()
export class LanguageModels {
  constructor(@Inject(SETTINGS) private readonly settings: Settings) {}

  async ask(provider: string, apiKey: string, text: string): Promise<string> {
    const call = provider === 'openai' ? this.#openai(apiKey, text) : this.#anthropic(apiKey, text);
    let status: number;
    let answer: unknown;
    try {
      const response = await fetch(call.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...call.headers },
        body: JSON.stringify(call.body),
        signal: AbortSignal.timeout(this.settings.providerTimeoutMs),
        // A redirect would send the key elsewhere.
        redirect: 'error',
      });
      status = response.status;
      answer = parse(await response.text());
    } catch (error) {
      if ((error as Error).name === 'TimeoutError') throw new GatewayTimeoutException(`${provider} took too long.`);
      throw new BadGatewayException(`${provider} cannot be reached.`);
    }
    if (status === 401 || status === 403) throw notAccepted(provider);
    if (status < 200 || status > 299) throw new BadGatewayException(`${provider} answered with status ${status}.`);
    const found = answer === undefined || answer === null ? undefined : call.reply(answer as never);
    if (typeof found !== 'string') throw new BadGatewayException(`${provider} answered in an unknown format.`);
    return found;
  }

  #openai(apiKey: string, text: string): Call {
    return {
      url: `${this.settings.openaiUrl}/chat/completions`,
      headers: { authorization: `Bearer ${apiKey}` },
      body: { model: 'gpt-4o-mini', messages: [{ role: 'user', content: text }] },
      reply: (answer: { choices?: { message?: { content?: unknown } }[] }) => answer.choices?.[0]?.message?.content,
    };
  }

  #anthropic(apiKey: string, text: string): Call {
    return {
      url: `${this.settings.anthropicUrl.replace(/\/v1$/, '')}/v1/messages`,
      headers: { 'x-api-key': apiKey, 'anthropic-version': '2023-06-01' },
      body: { model: 'claude-3-5-haiku-latest', max_tokens: 1024, messages: [{ role: 'user', content: text }] },
      reply: (answer: { content?: { text?: unknown }[] }) => answer.content?.[0]?.text,
    };
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function notAccepted(provider: string): BadGatewayException {
  return new BadGatewayException(`${provider} did not accept your key. You can replace it at /byok.`);
}
