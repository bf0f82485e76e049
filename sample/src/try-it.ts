/** Commands to try the application with. The home page and the terminal show them. */
export function tryIt(address: string): string {
  const json = `-H 'Content-Type: application/json'`;
  return [
    `curl -i -c jar -b jar ${address}/session ${json} -d '{"user":"alice"}'`,
    `curl -i -c jar -b jar ${address}/chat ${json} -d '{"message":"Hello"}'`,
    `curl -i -c jar -b jar -X PUT ${address}/byok/api/keys/openai -H 'Sec-Fetch-Site: same-origin' \\`,
    `  ${json} -d '{"apiKey":"sk-instead-of-this-a-key-of-yours"}'`,
    `curl -i -c jar -b jar ${address}/chat ${json} -d '{"message":"Hello"}'`,
  ].join('\n');
}

/** The answers to these commands, in order. */
export const EXPECTED_ANSWERS =
  '204, signed in; 403, no key yet; 200, key stored, or 422 if OpenAI refuses it; then the reply of OpenAI.';
