import type { ByokRequest } from '../../interfaces/index.js';

/** Whether the client would rather have a page than JSON, as a browser that navigates does. @internal */
export function acceptsHtml({ headers }: ByokRequest): boolean {
  const html = quality(headers.accept, 'text/html');
  return html > 0 && html >= quality(headers.accept, 'application/json');
}

function quality(accept: string | string[] | undefined, type: string): number {
  for (const range of String(accept ?? '').split(',')) {
    const [name, ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    if (name !== type) continue;
    const q = parameters.find((parameter) => parameter.startsWith('q='));
    return q ? Number(q.slice(2)) || 0 : 1;
  }
  return 0;
}
