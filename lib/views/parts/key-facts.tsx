import type { VNode } from 'preact';
import { formatKeyAge, formatMoment, machineTime, type Moment, timeLeft, timeOf } from '../format/index.js';
import type { ReaderProps, Translate } from '../translate.js';
import type { StoredKeyView } from './stored-key-view.js';

/** Properties of {@link KeyFacts}. @internal */
export interface KeyFactsProps {
  stored: StoredKeyView;
  reader: ReaderProps;
  t: Translate;
}

/** The dates of a stored key, and the names of its additional values. @internal */
export function KeyFacts({ stored, reader, t }: KeyFactsProps): VNode {
  const { createdAt, updatedAt, expiresAt, fieldNames = [] } = stored;
  const wasReplaced = isMoment(updatedAt) && (!isMoment(createdAt) || timeOf(updatedAt) > timeOf(createdAt));
  return (
    <dl class="byok-facts">
      {isMoment(createdAt) && <PastFact term={t('added')} moment={createdAt} reader={reader} />}
      {wasReplaced && <PastFact term={t('replaced')} moment={updatedAt} reader={reader} />}
      <Expiry {...{ expiresAt, reader, t }} />
      {fieldNames.length > 0 && <Fact term={t('extraValues')} text={fieldNames.join(', ')} />}
    </dl>
  );
}

interface ExpiryProps {
  expiresAt: Moment | null | undefined;
  reader: ReaderProps;
  t: Translate;
}

function Expiry({ expiresAt, reader, t }: ExpiryProps): VNode {
  if (!isMoment(expiresAt)) return <Fact term={t('expires')} text={t('never')} />;
  const left = timeLeft(expiresAt, reader);
  if (left === null) return <PastFact term={t('expired')} moment={expiresAt} reader={reader} />;
  if (left === undefined) return <Fact term={t('expires')} text={t('unknown')} />;
  const { when, date } = left;
  if (date === undefined) {
    return <Fact term={t('expires')} text={when} moment={expiresAt} title={formatMoment(expiresAt, reader)} />;
  }
  return <Fact term={t('expires')} text={t('whenOn', { when, date })} moment={expiresAt} />;
}

function PastFact({ term, moment, reader }: { term: string; moment: Moment; reader: ReaderProps }): VNode {
  return <Fact {...{ term, moment }} text={formatKeyAge(moment, reader)} title={formatMoment(moment, reader)} />;
}

interface FactProps {
  term: string;
  text: string;
  moment?: Moment;
  /** The moment in full. */
  title?: string;
}

function Fact({ term, text, moment, title }: FactProps): VNode {
  const machine = moment === undefined ? undefined : machineTime(moment);
  return (
    <>
      <dt>{term}</dt>
      <dd>
        {machine === undefined ? (
          text
        ) : (
          <time dateTime={machine} title={title}>
            {text}
          </time>
        )}
      </dd>
    </>
  );
}

function isMoment(moment: Moment | null | undefined): moment is Moment {
  return moment !== null && moment !== undefined;
}
