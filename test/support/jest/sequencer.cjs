const { basename, dirname } = require('node:path');
const { default: Sequencer } = require('@jest/test-sequencer');

/** Folders with the longest specs. The last of them to run would have the machine to itself, and so one core of it. */
const LONGEST = ['browser', 'docs', 'leaks', 'database', 'package', 'keyring', 'sample', 'cli', 'rotation', 'storage'];

/** By the times of the last run, as jest does; without those by folder, where jest goes by the size of files. */
module.exports = class LongestFirst extends Sequencer {
  sort(tests) {
    const sorted = super.sort(tests);
    if (sorted.some(({ duration }) => duration != null)) return sorted;
    return sorted.sort((a, b) => rank(a.path) - rank(b.path));
  }
};

function rank(path) {
  const place = LONGEST.indexOf(basename(dirname(path)));
  return place === -1 ? LONGEST.length : place;
}
