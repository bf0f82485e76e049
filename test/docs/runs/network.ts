/** `fetch` as it was before any test. */
export const network = globalThis.fetch;

/** Providers, and what they were sent, instead of the internet. */
export function stubProviders(): { url: string; authorization: string; body: unknown }[] {
  const calls: { url: string; authorization: string; body: unknown }[] = [];
  globalThis.fetch = (async (url: string | URL, init: { headers?: Record<string, string>; body?: string } = {}) => {
    if (String(url).startsWith('http://127.0.0.1')) return network(url, init);
    calls.push({ url: String(url), authorization: init.headers!['authorization'], body: JSON.parse(init.body!) });
    return new Response('{"reply":"Hi"}', { headers: { 'content-type': 'application/json' } });
  }) as typeof fetch;
  return calls;
}
