import { BadGatewayException, GatewayTimeoutException, Inject, Injectable } from '@nestjs/common';
import { KeyUnusableError, type ResolvedApiKey } from 'nestjs-byok';
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
 * because they can quote the key. What a refusal of the key means is the library's affair.
 */
@Injectable()
export class LanguageModels {
  constructor(@Inject(SETTINGS) private readonly settings: Settings) {}

  async ask(key: ResolvedApiKey, text: string): Promise<string> {
    const { provider, apiKey } = key;
    const call = provider === 'openai' ? this.#openai(apiKey, text) : this.#anthropic(apiKey, text);
    let response: Response;
    let body: string;
    try {
      response = await fetch(call.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...call.headers },
        body: JSON.stringify(call.body),
        signal: AbortSignal.timeout(this.settings.providerTimeoutMs),
        // A redirect would send the key elsewhere.
        redirect: 'error',
      });
      const unusable = response.ok ? undefined : await key.report(response);
      if (unusable) throw unusable;
      body = await response.text();
    } catch (error) {
      if (error instanceof KeyUnusableError) throw error;
      if ((error as Error).name === 'TimeoutError') throw new GatewayTimeoutException(`${provider} took too long.`);
      throw new BadGatewayException(`${provider} cannot be reached.`);
    }
    if (!response.ok) throw new BadGatewayException(`${provider} answered with status ${response.status}.`);
    const answer = parse(body);
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
