/** Commands to try the application with; the home page and the terminal show them. */
export function tryIt(address: string): string {
  return [
    `curl -c jar -b jar ${address}/session -H 'Content-Type: application/json' -d '{"user":"alice"}'`,
    `curl -c jar -b jar -X PUT ${address}/byok/api/keys/openai -H 'Sec-Fetch-Site: same-origin' \\`,
    `  -H 'Content-Type: application/json' -d '{"apiKey":"<your OpenAI key>"}'`,
    `curl -c jar -b jar ${address}/chat -H 'Content-Type: application/json' -d '{"message":"Hello"}'`,
  ].join('\n');
}
