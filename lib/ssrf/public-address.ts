import ipaddr from 'ipaddr.js';
import { isIP } from 'node:net';

type Address = ReturnType<typeof ipaddr.parse>;

/** IANA assigns global addresses from this network only; everything else is reserved. */
const IPV6_GLOBAL = ipaddr.parseCIDR('2000::/3');
/** A network with DNS64 uses these addresses for hosts that have an IPv4 address only. */
const NAT64 = ipaddr.parseCIDR('64:ff9b::/96');
/** Azure's metadata service, which has a public address. */
const AZURE_METADATA = '168.63.129.16';
/** Metadata services that some clouds put into private networks. */
const PRIVATE_METADATA = ['100.100.100.200/32', 'fd00:ec2::/32', 'fd20:ce::/32'].map((cidr) => ipaddr.parseCIDR(cidr));
const PRIVATE_RANGES = ['private', 'carrierGradeNat', 'uniqueLocal'];

/** Whether this is an IP address that is reached over the public internet. @internal */
export function isPublicAddress(address: string): boolean {
  const parsed = parse(address);
  if (parsed === undefined) return false;
  if (parsed.kind() === 'ipv4') return parsed.range() === 'unicast' && parsed.toString() !== AZURE_METADATA;
  if (isIn(parsed, NAT64)) return isPublicAddress(parsed.toByteArray().slice(-4).join('.'));
  return parsed.range() === 'unicast' && isIn(parsed, IPV6_GLOBAL);
}

/** Whether this is an IP address of a private network: not of this machine, a link or a metadata service. @internal */
export function isPrivateNetworkAddress(address: string): boolean {
  const parsed = parse(address);
  if (parsed === undefined || !PRIVATE_RANGES.includes(parsed.range())) return false;
  return !PRIVATE_METADATA.some((network) => isIn(parsed, network));
}

/** Only the usual spellings: ipaddr.js also reads 127.1 and 0x7f000001. An address with a zone belongs to a link. */
function parse(address: string): Address | undefined {
  return isIP(address) === 0 || address.includes('%') ? undefined : ipaddr.parse(address);
}

/** `match` throws for an address of the other family. */
function isIn(address: Address, [network, bits]: [Address, number]): boolean {
  return address.kind() === network.kind() && address.match([network, bits] as never);
}
