import { SpanStatusCode, type Span, type Tracer } from '@opentelemetry/api';
import { resolveChannel, rotateChannel } from '../diagnostics/index.js';
import { listen } from './listen.js';

/** A span for every resolution, inside the request's span, and for every rotation. @internal */
export function traceByok(tracer: Tracer): (() => void)[] {
  return [
    listen(resolveChannel, (message) => {
      const span = tracer.startSpan('byok.resolve', { attributes: { 'byok.providers': [...message.providers] } });
      return () => {
        if (message.source) span.setAttribute('byok.source', message.source);
        finish(span, message);
      };
    }),
    listen(rotateChannel, (message) => {
      const span = tracer.startSpan('byok.rotate', { attributes: { 'byok.rotation.dry_run': message.dryRun } });
      return () => {
        span.setAttribute('byok.rotation.rotated', message.rotated);
        span.setAttribute('byok.rotation.unreadable', message.unreadable);
        finish(span, message);
      };
    }),
  ];
}

/** Records the code of an error, but not its stack. A missing key is not an error. */
function finish(span: Span, { outcome, code }: { outcome?: string; code?: string }): void {
  if (outcome) span.setAttribute('byok.outcome', outcome);
  if (code !== undefined) span.setAttribute('error.type', code);
  if (outcome === 'failed') span.setStatus({ code: SpanStatusCode.ERROR });
  span.end();
}
