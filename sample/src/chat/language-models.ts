import { BadGatewayException, Inject, Injectable } from '@nestjs/common';
import { SETTINGS } from '../tokens.js';
import type { Settings } from '../settings.js';

const TIME_LIMIT_MS = 60_000;

interface Call {
  url: string;
  headers: Record<string, string>;
  body: object;
  /** Finds the text in the provider's answer. */
  reply: (answer: never) => unknown;
}

/** Asks a provider, with the key of whoever is asking. */
@Injectable()
export class LanguageModels {
  constructor(@Inject(SETTINGS) private readonly settings: Settings) {}

  async ask(provider: string, apiKey: string, text: string): Promise<string> {
    const { url, headers, body, reply } =
      provider === 'openai' ? this.#openai(apiKey, text) : this.#anthropic(apiKey, text);
    let response: Response;
    try {
      response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(TIME_LIMIT_MS),
        // A redirect would take the key to another place.
        redirect: 'error',
      });
    } catch {
      throw new BadGatewayException(`${provider} cannot be reached.`);
    }
    // The provider's own message can quote the key, so it is not passed on.
    if (!response.ok) throw new BadGatewayException(`${provider} answered with status ${response.status}.`);
    const answer: unknown = await response.json().catch(() => undefined);
    const found = answer === undefined ? undefined : reply(answer as never);
    if (typeof found !== 'string') throw new BadGatewayException(`${provider} gave an answer of another form.`);
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
