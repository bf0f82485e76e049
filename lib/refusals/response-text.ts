/** Bytes of a body that are read, and milliseconds in which they have to come. */
const MAX_BYTES = 65_536;
const DEADLINE = 1_000;

/**
 * The body of a response, read from a clone: whoever has the response can still read it. `undefined` if it is used up, or
 * does not come in time.
 *
 * @internal
 */
export async function responseText(response: Response): Promise<string | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  const late = new Promise<undefined>((resolve) => (timer = setTimeout(() => resolve(undefined), DEADLINE)));
  try {
    const { body } = response.clone();
    if (!body) return undefined;
    reader = body.getReader();
    const decoder = new TextDecoder();
    let text = '';
    for (let size = 0; size < MAX_BYTES;) {
      const part = await Promise.race([reader.read(), late]);
      if (part === undefined) return undefined;
      if (part.done) break;
      size += part.value.byteLength;
      text += decoder.decode(part.value, { stream: true });
    }
    return text;
  } catch {
    return undefined;
  } finally {
    clearTimeout(timer);
    // A clone that is not read to its end holds the other back; nobody waits for it.
    void reader?.cancel().catch(() => {});
  }
}
