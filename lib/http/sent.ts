/**
 * Until an answer is sent. Fastify takes a handler that is over before its answer is for one that sends nothing, and sends
 * a second one: that ends the process where sessions are saved meanwhile. Its replies can be waited for, those of Express
 * need not be.
 *
 * @internal
 */
export async function sent(reply: unknown): Promise<void> {
  await reply;
}
