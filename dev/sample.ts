import { readdirSync } from 'node:fs';
import { completeEnvironment } from './environment.js';
import { startProviderStandIn } from './provider-stand-in.js';

// `npm run sample -- 02-graphql`: one of the numbered samples, with stand-ins for the providers.
const built = new URL('./samples/', import.meta.url);
const names = readdirSync(built).filter((name) => /^\d\d-/.test(name));
const name = process.argv[2];
if (!names.includes(name)) {
  console.error(`Name one of these samples: ${names.join(', ')}. For example: npm run sample -- ${names[0]}`);
  process.exit(1);
}
if (!process.env.OPENAI_BASE_URL) {
  const address = await startProviderStandIn();
  process.env.OPENAI_BASE_URL = `${address}/v1`;
  process.env.ANTHROPIC_BASE_URL ??= address;
  console.log('The providers are stand-ins on this machine. Store any key, for example sk-an-example-for-the-sample.');
}
await completeEnvironment();
await import(new URL(`${name}/main.js`, built).href);
