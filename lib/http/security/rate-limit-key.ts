import { isIPv6 } from 'node:net';

/**
 * What writes from an address are counted under. A customer of a provider has a whole /64 of IPv6 addresses, so those
 * count as one; an IPv4 address that is written as an IPv6 one counts as itself.
 *
 * @internal
 */
export function addressKey(address: string | undefined): string {
  if (address === undefined) return 'unknown';
  const [plain] = address.split('%');
  if (!isIPv6(plain)) return address;
  // The URL parser writes every IPv6 address in one form, without dotted decimals.
  const groups = groupsOf(new URL(`http://[${plain}]`).hostname.slice(1, -1));
  if (groups.slice(0, 5).every((group) => group === '0') && groups[5] === 'ffff') {
    return groups
      .slice(6)
      .flatMap((group) => [parseInt(group, 16) >> 8, parseInt(group, 16) & 255])
      .join('.');
  }
  return `${groups.slice(0, 4).join(':')}::/64`;
}

function groupsOf(address: string): string[] {
  const [before, after] = address.split('::').map((part) => (part ? part.split(':') : []));
  if (after === undefined) return before;
  return [...before, ...Array<string>(8 - before.length - after.length).fill('0'), ...after];
}
