import { describe, expect, it } from '@jest/globals';
import { AsyncLocalStorage } from 'node:async_hooks';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Deadlines } from '../../lib/database/deadlines.js';
import { measureLostTime } from '../support/lost-time.js';

function block(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

/** How long it takes until a deadline is told, and until a timer of the same time is. */
async function withTimer(deadlines: Deadlines, within: number): Promise<number[]> {
  const begun = performance.now();
  return Promise.all([lateness(deadlines, within), sleep(within).then(() => performance.now() - begun)]);
}

/** How long it takes until a deadline is told. */
function lateness(deadlines: Deadlines, within: number): Promise<number> {
  const begun = performance.now();
  return new Promise((resolve) => deadlines.set(within, () => resolve(performance.now() - begun)));
}

describe('Deadlines', () => {
  it('are told a tick late at most, each once, and not where they were cleared', async () => {
    const deadlines = new Deadlines();
    const cleared = deadlines.set(50, () => expect('told').toBe('cleared'));
    const lost = measureLostTime();
    const told = Promise.all([0, 60, 130].map((within) => withTimer(deadlines, within)));
    expect(deadlines.clear(cleared)).toBe(true);
    expect(deadlines.clear(cleared)).toBe(false);
    const times = await told;
    const late = lost();
    for (const [i, [after, timer]] of times.entries()) {
      expect(after).toBeGreaterThanOrEqual([0, 60, 130][i] - 1);
      expect(after).toBeLessThan(timer + 100 + late);
    }
  });

  it('are kept by the clock, however busy the process is', async () => {
    const deadlines = new Deadlines();
    let busy = true;
    /** Milliseconds that others took this process away. */
    let lost = 0;
    const work = () => {
      const begun = performance.now();
      block(60);
      lost += performance.now() - begun - 60;
      if (busy) setImmediate(work);
    };
    setImmediate(work);
    const after = await lateness(deadlines, 600);
    busy = false;
    expect(after).toBeLessThan(900 + lost);
  });

  it('leave an answer that came while the process was blocked its chance', async () => {
    const deadlines = new Deadlines();
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    const [other] = (await once(server, 'connection')) as [Socket];
    try {
      for (let i = 0; i < 5; i++) {
        let isLate = false;
        const deadline = deadlines.set(100, () => (isLate = true));
        const inTime = once(socket, 'data').then(() => deadlines.clear(deadline));
        other.write('.');
        block(200);
        expect(await inTime).toBe(true);
        expect(isLate).toBe(false);
      }
    } finally {
      socket.destroy();
      other.destroy();
      server.close();
    }
  });

  it('keep nothing of the request that comes first', async () => {
    const requests = new AsyncLocalStorage<string>();
    const deadlines = new Deadlines();
    const seen: unknown[] = [];
    requests.run('first', () => deadlines.set(1_000, () => undefined));
    await new Promise<void>((resolve) => {
      requests.run('second', () => deadlines.set(30, () => resolve(void seen.push(requests.getStore()))));
    });
    expect(seen).toEqual([undefined]);
  });
});
