import { metrics, trace, type Meter, type Tracer } from '@opentelemetry/api';
import { measureByok } from './byok-metrics.js';
import { traceByok } from './byok-spans.js';

const SCOPE = 'nestjs-byok';

/** Options of `instrumentByok`. @publicApi */
export interface TelemetryOptions {
  /** Default: a tracer of the registered provider. `null`: no spans. */
  tracer?: Tracer | null;
  /** Default: a meter of the registered provider. `null`: no metrics. */
  meter?: Meter | null;
}

/**
 * Creates spans and metrics for every `ByokModule` in the process, until the returned function is called. Attributes
 * contain the requested providers, outcome, source and error codes, but no key, owner or label.
 *
 * Spans: `byok.resolve`, inside the request's span, and `byok.rotate`. Metrics: `byok.resolutions`,
 * `byok.resolution.duration`, `byok.read.batch_size`, `byok.read.duration`, `byok.rotation.rows`,
 * `byok.rotation.remaining` and `byok.rotation.unreadable`.
 *
 * @example
 * ```ts
 * sdk.start();
 * const stop = instrumentByok();
 * ```
 *
 * @publicApi
 */
export function instrumentByok(options: TelemetryOptions = {}): () => void {
  const { tracer = trace.getTracer(SCOPE), meter = metrics.getMeter(SCOPE) } = options;
  const stops = [...(tracer ? traceByok(tracer) : []), ...(meter ? measureByok(meter) : [])];
  return () => stops.forEach((stop) => stop());
}
