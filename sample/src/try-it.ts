/** Commands to try the application with; the home page and the terminal show them. They work as they stand. */
export function tryIt(address: string): string {
  const json = `-H 'Content-Type: application/json'`;
  return [
    `curl -i -c jar -b jar ${address}/session ${json} -d '{"user":"alice"}'`,
    `curl -i -c jar -b jar ${address}/chat ${json} -d '{"message":"Hello"}'`,
    `curl -i -c jar -b jar -X PUT ${address}/byok/api/keys/openai -H 'Sec-Fetch-Site: same-origin' \\`,
    `  ${json} -d '{"apiKey":"sk-put-your-own-key-here"}'`,
    `curl -i -c jar -b jar ${address}/chat ${json} -d '{"message":"Hello"}'`,
  ].join('\n');
}

/** What these commands answer, in their order. */
export const WHAT_TO_EXPECT =
  '204, signed in; 403, there is no key yet; 200, the key is stored; and the reply of OpenAI, or 502 where it does not ' +
  'take the key.';
