import { completeEnvironment } from './environment.js';

// `npm start`: the sample, with a PostgreSQL server and a secret of its own if the environment names none.
await completeEnvironment();
await import(new URL('../../sample/dist/main.js', import.meta.url).href);
