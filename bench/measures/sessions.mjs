import { makeSecrets } from '../support/data.mjs';
import { ask, load } from '../support/load.mjs';
import { alternate, median } from '../support/rounds.mjs';
import { Side } from '../support/side.mjs';

const VISITORS = 200;

/** What a session in front of a route costs, and the key in it. */
export async function measureSessions({ platform, rounds = 5, seconds = 3 }) {
  const secrets = makeSecrets();
  const given = { platform, ...secrets };
  const sides = {
    bare: await Side.start({ ...given, side: 'bare' }),
    session: await Side.start({ ...given, side: 'bare', sessions: true }),
    key: await Side.start({ ...given, side: 'ours', storage: 'session', sessions: true }),
  };
  try {
    const cookies = [];
    for (let i = 0; i < VISITORS; i++) {
      await ask(`${sides.key.url}/store`, undefined, {}, (headers) => {
        cookies.push(headers['set-cookie'][0].split(';')[0]);
      });
    }
    const headers = () => ({ cookie: cookies[Math.floor(Math.random() * VISITORS)] });
    const throughput = await alternate(
      Object.fromEntries(
        Object.entries(sides).map(([name, side]) => [
          name,
          async () => (await load(side.url, { connections: 50, seconds, headers })).throughput,
        ]),
      ),
      rounds,
    );
    return { throughput: Object.fromEntries(Object.entries(throughput).map(([name, each]) => [name, median(each)])) };
  } finally {
    await Promise.all(Object.values(sides).map((side) => side.stop()));
  }
}
