import { startStandIn } from './stand-in.js';

// The sample, with providers that are not the real ones.
const address = await startStandIn();
process.env.OPENAI_BASE_URL = `${address}/v1`;
process.env.ANTHROPIC_BASE_URL = address;
console.log('The providers are stand-ins on this machine: store any key, for example sk-an-example-for-the-demo.');
await import('./main.js');
