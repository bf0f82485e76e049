/** @param {number[]} values */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** @param {number[]} values @param {number} percent */
export function percentile(values, percent) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100))];
}

/**
 * Measures several sides in turn, round after round, each round beginning with another side: what disturbs the machine
 * for a while disturbs all sides.
 *
 * @param {Record<string, () => number | Promise<number>>} sides What measures a side once.
 * @param {number} rounds
 * @returns {Promise<Record<string, number[]>>} What each side gave, by round.
 */
export async function alternate(sides, rounds) {
  const names = Object.keys(sides);
  const results = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < names.length; i++) {
      const name = names[(round + i) % names.length];
      results[name].push(await sides[name]());
    }
  }
  return results;
}

/** The median of the rounds' own ratios. @param {number[]} ours @param {number[]} theirs */
export function ratio(ours, theirs) {
  return median(ours.map((value, round) => value / theirs[round]));
}
