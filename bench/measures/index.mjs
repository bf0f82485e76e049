import { measureCrypto } from './crypto.mjs';
import { measureFlight } from './flight.mjs';
import { measureImports } from './imports.mjs';
import { measureMemory } from './memory.mjs';
import { measureRotation } from './rotation.mjs';
import { measureRoutes } from './routes.mjs';
import { measureSessions } from './sessions.mjs';
import { measureSizes } from './sizes.mjs';
import { measureSweep } from './sweep.mjs';
import { measureViews } from './views.mjs';
import { measureWrites } from './writes.mjs';

/**
 * What is measured, by name: with the sizes of an ordinary run, of a quick look, and of the whole, which takes more than an
 * hour and some gigabytes of disk.
 */
export const MEASURES = {
  express: {
    run: (sizes) => measureRoutes({ platform: 'express', ...sizes }),
    quick: { rows: 10_000, rounds: 2, seconds: 1 },
    full: { rows: 1_000_000, rounds: 9, seconds: 4 },
  },
  fastify: {
    run: (sizes) => measureRoutes({ platform: 'fastify', ...sizes }),
    quick: { rows: 10_000, rounds: 2, seconds: 1 },
    full: { rows: 1_000_000, rounds: 9, seconds: 4 },
  },
  flight: { run: measureFlight, quick: { rows: 10_000, rounds: 1, seconds: 1 } },
  expressSessions: {
    run: (sizes) => measureSessions({ platform: 'express', ...sizes }),
    quick: { rounds: 1, seconds: 1 },
  },
  fastifySessions: {
    run: (sizes) => measureSessions({ platform: 'fastify', ...sizes }),
    quick: { rounds: 1, seconds: 1 },
  },
  crypto: { run: measureCrypto, quick: { rounds: 5 } },
  writes: { run: measureWrites, quick: { rows: 5_000, rounds: 2, seconds: 1 } },
  imports: { run: measureImports, quick: { rows: 5_000, rounds: 2 }, full: { rows: 200_000 } },
  rotation: { run: measureRotation, quick: { rows: 50_000 }, full: { rounds: 3 } },
  sizes: {
    run: measureSizes,
    quick: { rows: 100_000, rounds: 1, seconds: 1 },
    full: { rows: 10_000_000, rounds: 7, seconds: 4 },
  },
  sweep: { run: measureSweep, quick: { rows: 100_000, rounds: 2 } },
  views: { run: measureViews, quick: { rounds: 3 } },
  memory: { run: measureMemory, usual: { minutes: 2 }, quick: null, full: { minutes: 10 } },
};
