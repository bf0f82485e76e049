import type { VNode } from 'preact';
import { formatKeyAge, formatMoment, machineTime, type Moment, timeLeft, timeOf } from '../format/index.js';
import type { ReaderProps, Translate } from '../translate.js';
import type { ProviderField } from '../../interfaces/index.js';
import type { StoredKeyView } from './stored-key-view.js';

/** Properties of {@link KeyFacts}. @internal */
export interface KeyFactsProps {
  stored: StoredKeyView;
  /** Those that the provider's configuration declares. */
  fields: Readonly<Record<string, ProviderField>>;
  reader: ReaderProps;
  t: Translate;
}

/** The dates of a stored key, and its additional values: of secret ones the names. @internal */
export function KeyFacts({ stored, fields, reader, t }: KeyFactsProps): VNode {
  const { createdAt, updatedAt, expiresAt, fieldNames = [], visibleFields = {} } = stored;
  const secret = fieldNames.filter((name) => !Object.hasOwn(visibleFields, name));
  const wasReplaced = isMoment(updatedAt) && (!isMoment(createdAt) || timeOf(updatedAt) > timeOf(createdAt));
  return (
    <dl class="byok-facts">
      {isMoment(createdAt) && <PastFact term={t('added')} moment={createdAt} reader={reader} />}
      {wasReplaced && <PastFact term={t('replaced')} moment={updatedAt} reader={reader} />}
      <Expiry {...{ expiresAt, reader, t }} />
      {Object.entries(visibleFields).map(([name, value]) => (
        <Fact term={(Object.hasOwn(fields, name) && fields[name].label) || name} text={value} />
      ))}
      {secret.length > 0 && <Fact term={t('extraValues')} text={secret.join(', ')} />}
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
