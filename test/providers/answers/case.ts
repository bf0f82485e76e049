import type { KnownProviderId } from '../../../lib/providers/index.js';

/** What a provider answers, and what that says of the key: `accepted`, or `refused/expired`. */
export interface Case {
  what: string;
  status: number;
  headers: Record<string, string>;
  body: string;
  says: string;
}

export type Cases = Partial<Record<KnownProviderId, readonly Case[]>>;

/** An answer with JSON, HTML, XML or text, by how the body looks. */
export function answer(
  what: string,
  status: number,
  body: unknown,
  says: string,
  headers: Record<string, string> = {},
): Case {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const type =
    typeof body !== 'string' ? 'application/json' : /^<(?:!doctype|html)/i.test(text) ? 'text/html' : undefined;
  return { what, status, body: text, says, headers: { ...(type ? { 'content-type': type } : {}), ...headers } };
}

export const list = { object: 'list', data: [{ id: 'a', object: 'model' }] };

/** The form that OpenAI and many others use. */
export const error = (message: string, code: unknown = null, type = 'invalid_request_error') => ({
  error: { message, type, param: null, code },
});

export const CHALLENGE = '<!DOCTYPE html><html><head><title>Attention Required! | Cloudflare</title></head></html>';
export const OPENRESTY =
  '<html>\r\n<head><title>401 Authorization Required</title></head>\r\n<body>\r\n<center><h1>401 Authorization Required</h1></center>\r\n<hr><center>openresty/1.25.3.1</center>\r\n</body>\r\n</html>';
