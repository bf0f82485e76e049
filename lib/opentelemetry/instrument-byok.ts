import { metrics, trace, type Meter, type Tracer } from '@opentelemetry/api';
import { measureByok } from './byok-metrics.js';
import { traceByok } from './byok-spans.js';

const SCOPE = 'nestjs-byok';

/** Where spans and metrics go. @publicApi */
export interface TelemetryOptions {
  /** Default: of the tracer provider that is registered. `null`: no spans. */
  tracer?: Tracer | null;
  /** Default: of the meter provider that is registered. `null`: no metrics. */
  meter?: Meter | null;
}

/**
 * Makes spans and metrics of what every `ByokModule` of the process does, until the function that it gives is called.
 * Attributes carry the providers asked for, outcome, source and error codes: no key, no owner, no label.
 *
 * Spans: `byok.resolve`, within that of the request, and `byok.rotate`. Metrics: `byok.resolutions`,
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
