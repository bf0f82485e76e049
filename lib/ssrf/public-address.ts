import { BlockList, isIPv4, isIPv6 } from 'node:net';

/**
 * What is not reached over the public internet, after IANA's special-purpose registries of addresses. Metadata
 * services stand here too where their address is not in such a range: 168.63.129.16 is Azure's.
 */
const IPV4 = blockList(
  'ipv4',
  '0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 168.63.129.16/32 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 ' +
    '192.0.2.0/24 192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4',
);
/** Only this is handed out to the public internet; loopback, mapped, unique local and link-local are outside of it. */
const IPV6_GLOBAL = blockList('ipv6', '2000::/3');
/** Teredo, benchmarks and ORCHID are in 2001::/23; 6to4 in 2002::/16, whatever address it carries; documentation. */
const IPV6 = blockList('ipv6', '2001::/23 2001:db8::/32 2002::/16 3fff::/20');
/** What a network with DNS64 gives for hosts that have an IPv4 address only: as good as the address it carries. */
const NAT64 = blockList('ipv6', '64:ff9b::/96');

/** Networks of an organisation's own, without the metadata services that some clouds put there. */
const PRIVATE_IPV4 = blockList('ipv4', '10.0.0.0/8 100.64.0.0/10 172.16.0.0/12 192.168.0.0/16');
const PRIVATE_IPV6 = blockList('ipv6', 'fc00::/7');
const METADATA_IPV4 = blockList('ipv4', '100.100.100.200/32');
const METADATA_IPV6 = blockList('ipv6', 'fd00:ec2::/32 fd20:ce::/32');

/** Whether an IP address is one of the public internet. What is no address is not. @internal */
export function isPublicAddress(address: string): boolean {
  if (isIPv4(address)) return !IPV4.check(address, 'ipv4');
  // An address with a zone is one of a link.
  if (!isIPv6(address) || address.includes('%')) return false;
  if (NAT64.check(address, 'ipv6')) return isPublicAddress(embeddedIPv4(address));
  return IPV6_GLOBAL.check(address, 'ipv6') && !IPV6.check(address, 'ipv6');
}

/** Whether an IP address is one of a private network: not of this machine, of a link or of a metadata service. @internal */
export function isPrivateNetworkAddress(address: string): boolean {
  if (isIPv4(address)) return PRIVATE_IPV4.check(address, 'ipv4') && !METADATA_IPV4.check(address, 'ipv4');
  if (!isIPv6(address) || address.includes('%')) return false;
  return PRIVATE_IPV6.check(address, 'ipv6') && !METADATA_IPV6.check(address, 'ipv6');
}

/** The IPv4 address in the last 32 bits. */
function embeddedIPv4(address: string): string {
  // The URL parser writes every IPv6 address in one form, without dotted decimals.
  const groups = new URL(`http://[${address}]`).hostname.slice(1, -1).split(':');
  const [high, low] = groups.slice(-2).map((group) => parseInt(group || '0', 16));
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

function blockList(family: 'ipv4' | 'ipv6', ranges: string): BlockList {
  const list = new BlockList();
  for (const range of ranges.split(' ')) {
    const [network, prefix] = range.split('/');
    list.addSubnet(network, Number(prefix), family);
  }
  return list;
}
