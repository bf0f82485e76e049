const two = (value) => value.toFixed(2);
const at = { least: (bound) => ({ least: bound }), most: (bound) => ({ most: bound }) };

/** The target of each figure, and its place in the results. */
const TARGETS = [
  ['P1', 'guarded route, to one written by hand, Express', at.least(1.15), (r) => r.express?.toHandWritten],
  ['P1', 'the same on Fastify', at.least(1.5), (r) => r.fastify?.toHandWritten],
  ['P2', 'guarded route, to the bare one, Express', at.least(0.8), (r) => r.express?.toBare],
  ['P2', 'the same on Fastify', at.least(0.55), (r) => r.fastify?.toBare],
  ['P3', 'guarded route, to findOne and a cipher library, Express', at.least(1.8), (r) => r.express?.toTeam],
  ['P3', 'the same on Fastify', at.least(4), (r) => r.fastify?.toTeam],
  ['P4', 'one connection, latency to that by hand, Express', at.most(1.15), (r) => r.express?.latencyToHandWritten],
  ['P4', 'the same on Fastify', at.most(1.15), (r) => r.fastify?.latencyToHandWritten],
  ['P5', 'encrypt, to AES-256-GCM alone', at.most(2), (r) => r.crypto?.seal.toGcm],
  ['P5', 'decrypt, to AES-256-GCM alone', at.most(2), (r) => r.crypto?.open.toGcm],
  ['P5', 'encrypt, to Fernet of Python', at.most(1), (r) => r.crypto?.seal.toFernet],
  ['P5', 'decrypt, to Fernet of Python', at.most(1), (r) => r.crypto?.open.toFernet],
  ['P6', 'setKey, to an upsert by hand', at.least(0.9), (r) => r.writes?.toHandWritten],
  ['P7', 're-encryption, to an UPDATE of constants', at.least(0.25), (r) => r.rotation?.toConstants],
  ['P7', 're-encryption, to save()', at.least(20), (r) => r.rotation?.toSave],
  ['P8', 'cost of a large table', at.most(1.15), (r) => r.sizes?.costOfLarge],
  ['P9', 'bytes a key, heap and indexes', at.most(480), (r) => r.sizes?.bytesARow],
  ['P10', 'p99 during a sweep, to idle', at.most(1.5), (r) => r.sweep?.p99ToIdle],
  ['P14', 'import, to a batched upsert of constants', at.least(0.25), (r) => r.imports?.toConstants],
  ['', 'dashboard of 20 keys, ms', at.most(2), (r) => r.views?.withKeys],
  ['P11', 'memory at the end, to after one minute', at.most(1.1), (r) => r.memory?.lastToFirst],
];

/** @returns {{ id: string, measure: string, value: string, target: string, isMet: boolean }[]} Of what was measured. */
export function judge(results) {
  return TARGETS.flatMap(([id, measure, { least, most }, find]) => {
    const value = find(results);
    if (value === undefined || value === null) return [];
    const target = least === undefined ? `≤ ${most}` : `≥ ${least}`;
    return [{ id, measure, value: two(value), target, isMet: least === undefined ? value <= most : value >= least }];
  });
}
