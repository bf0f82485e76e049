/**
 * A parsed address, `undefined` if it is none. Not by `URL.canParse`: after many calls, Node 20's version refuses names such
 * as münchen.example.
 *
 * @internal
 */
export function parseUrl(text: string, base?: string): URL | undefined {
  try {
    return new URL(text, base);
  } catch {
    return undefined;
  }
}

/** Whether a host is one of these, of which `*.example.com` stands for every host below `example.com`. @internal */
export function isHostOf(host: string, hosts: readonly string[]): boolean {
  return hosts.some((name) => (name.startsWith('*.') ? host.endsWith(name.slice(1)) : host === name));
}
