import { SCENE_NAMES, startProviderStandIn } from './provider-stand-in.js';

// `npm run demo`: the sample with stand-ins for the providers.
const address = await startProviderStandIn();
process.env.OPENAI_BASE_URL = `${address}/v1`;
process.env.ANTHROPIC_BASE_URL = address;
console.log('The providers are stand-ins on this machine. Store any key, for example sk-an-example-for-the-demo.');
console.log(`Write one of these messages in the chat to see what happens: ${SCENE_NAMES.join(', ')}.`);
await import('./start.js');
