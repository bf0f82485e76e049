/** What Nest's `HttpException` offers; applications may have another copy of its class. */
interface HttpExceptionLike {
  getStatus(): number;
  getResponse(): string | object;
}

const kept = new WeakSet<object>();

/** Marks an `HttpException` of the application's: it is answered as it is. Other errors are not marked. @internal */
export function keepResponse(error: unknown): void {
  const { getStatus, getResponse } = (error ?? {}) as Partial<HttpExceptionLike>;
  if (typeof getStatus === 'function' && typeof getResponse === 'function') kept.add(error as object);
}

/** Status and body of an error that was marked, as Nest answers it. @internal */
export function keptResponseOf(error: unknown): { status: number; body: object } | undefined {
  if (typeof error !== 'object' || error === null || !kept.has(error)) return undefined;
  const exception = error as HttpExceptionLike;
  const [status, response] = [exception.getStatus(), exception.getResponse()];
  return { status, body: typeof response === 'object' ? response : { statusCode: status, message: response } };
}
