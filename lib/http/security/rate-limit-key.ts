import ipaddr from 'ipaddr.js';
import { isIP } from 'node:net';

/** A translator between the protocols gives IPv4 clients addresses of this network. */
const NAT64 = ipaddr.parseCIDR('64:ff9b::/96');

/**
 * The key under which writes from an address are counted. A provider's customer has a whole /64 of IPv6 addresses, which
 * therefore count as one. An IPv4 address written as an IPv6 address counts as the IPv4 address.
 *
 * @internal
 */
export function rateLimitKey(address: string | undefined): string {
  if (address === undefined) return 'unknown';
  const [plain] = address.split('%');
  if (isIP(plain) === 0) return address;
  const parsed = ipaddr.process(plain);
  if (parsed.kind() === 'ipv4') return parsed.toString();
  if (parsed.match(NAT64)) return parsed.toByteArray().slice(-4).join('.');
  return `${ipaddr.IPv6.networkAddressFromCIDR(`${plain}/64`).toString()}/64`;
}
