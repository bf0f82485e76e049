import { Inject, Injectable } from '@nestjs/common';
import { BYOK_OPTIONS } from '../byok.constants.js';
import { InvalidInputError, KeyNotFoundError } from '../errors/index.js';
import { isRefusedKey, refuseUndeclaredFields, WriteLimits } from '../http/index.js';
import type {
  ByokRequest,
  KeyHolder,
  KeyOutcome,
  LastCheck,
  ResolvedByokOptions,
  SavedKey,
} from '../interfaces/index.js';
import { ByokService } from '../keys/index.js';
import {
  type FormNotice,
  formatExpiration,
  formatProviderName,
  getProviderInfo,
  type ReaderProps,
  type Translate,
  translator,
} from '../views/index.js';
import type { KeyForm } from './key-form.js';

/** A request that sends a form. @internal */
export interface FormCall {
  request: ByokRequest;
  /** Whose keys it is about. */
  holder: KeyHolder;
  reader: ReaderProps;
}

/** What the forms of the pages do. Each gives the sentence that reports it. @internal */
@Injectable()
export class KeyFormActions {
  constructor(
    @Inject(ByokService) private readonly byok: ByokService,
    @Inject(BYOK_OPTIONS) private readonly options: ResolvedByokOptions,
    @Inject(WriteLimits) private readonly limits: WriteLimits,
  ) {}

  /** Adds a key, or replaces the one that is there without losing anything of it. */
  async save({ request, holder, reader }: FormCall, provider: string, form: KeyForm): Promise<string> {
    const { apiKey, label, isNew } = form;
    if (apiKey === undefined || apiKey === '') throw new InvalidInputError('Fill in the key.', 'noKey');
    refuseUndeclaredFields(form.fields, this.options.providers[provider]);
    const saved = isNew
      ? undefined
      : await this.limits.countRefused(request, this.#replace(holder, provider, form, apiKey));
    const key =
      saved ??
      (await this.limits.countRefused(
        request,
        this.byok.setKey(holder, provider, apiKey, {
          label,
          fields: filled(form.fields),
          ifAbsent: isNew,
          check: this.options.checkOnSave,
        }),
      ));
    const t = translator(reader);
    const message = t(saved ? 'keyUpdated' : 'keyAdded', { name: this.nameOf(provider, t, key.label) });
    const shown = t('keyShown', { message: message.replace(/\.$/, ''), hint: key.hint });
    return [shown, `${formatExpiration(key.expiresAt, reader)}.`, ...this.#doubts(provider, key, t)].join(' ');
  }

  /** `undefined` if the key does not exist yet. */
  async #replace(
    holder: KeyHolder,
    provider: string,
    { label, fields }: KeyForm,
    apiKey: string,
  ): Promise<SavedKey | undefined> {
    try {
      const changes = { label, apiKey, fields: this.#changes(provider, fields), check: this.options.checkOnSave };
      return await this.byok.updateKey(holder, provider, changes);
    } catch (error) {
      if (error instanceof KeyNotFoundError) return undefined;
      throw error;
    }
  }

  /** Changes what is stored beside the key. */
  async edit({ request, holder, reader }: FormCall, provider: string, form: KeyForm): Promise<string> {
    const { apiKey, label, newLabel, expiresOn } = form;
    refuseUndeclaredFields(form.fields, this.options.providers[provider]);
    const changed = this.byok.updateKey(holder, provider, {
      label,
      newLabel,
      ...(apiKey && { apiKey, check: this.options.checkOnSave }),
      fields: this.#changes(provider, form.fields),
      ...(expiresOn !== undefined && (await this.#expiry(holder, provider, label, expiresOn))),
    });
    const key = await this.limits.countRefused(request, changed);
    const t = translator(reader);
    const text = t('keyEdited', { name: this.nameOf(provider, t, key.label) });
    return [text, `${formatExpiration(key.expiresAt, reader)}.`, ...this.#doubts(provider, key, t)].join(' ');
  }

  async choose({ holder, reader }: FormCall, provider: string, { label }: KeyForm): Promise<string> {
    if (label === undefined) throw new InvalidInputError('Name the label of the key.', 'label');
    const t = translator(reader);
    const key = await this.byok.setDefaultKey(holder, provider, label);
    return t('keyChosen', { name: this.nameOf(provider, t, key.label) });
  }

  /** Asks the provider about a key that is stored. */
  async check({ request, holder, reader }: FormCall, provider: string, { label }: KeyForm): Promise<FormNotice> {
    const t = translator(reader);
    const checked = this.byok.checkKey(holder, provider, { label });
    const { lastCheck, label: ofKey } = await this.limits.countRefused(request, checked, isRefusedKey);
    const kind = NOTICES[lastCheck?.outcome ?? 'unknown'];
    return { kind, text: t(checkText(lastCheck), { name: this.nameOf(provider, t, ofKey) }) };
  }

  async delete({ holder, reader }: FormCall, provider: string, { label }: KeyForm): Promise<string> {
    const t = translator(reader);
    const deleted = await this.byok.deleteKey(holder, provider, { label });
    // A label that is not there may be anything, a key too.
    return t(deleted ? 'keyDeleted' : 'noSuchKey', { name: this.nameOf(provider, t, deleted ? label : undefined) });
  }

  async clear({ holder, reader }: FormCall): Promise<string> {
    return translator(reader)('keysDeleted', { count: await this.byok.clearKeys(holder) });
  }

  nameOf(provider: string, t: Translate, label = 'default'): string {
    const name = formatProviderName(provider, this.options.providers);
    return label === 'default' ? name : t('labelled', { name, label });
  }

  /** A secret field that was left empty stays; one that is shown and was made empty goes. */
  #changes(provider: string, fields: Record<string, string>): Record<string, string | null> {
    const declared = this.options.providers[provider]?.fields ?? {};
    const given = Object.entries(fields).filter(([name, value]) => value !== '' || declared[name]?.visible === true);
    return Object.fromEntries(given.map(([name, value]) => [name, value === '' ? null : value]));
  }

  /** The end of that day, unless that is the day on which the key expires anyway. */
  async #expiry(
    holder: KeyHolder,
    provider: string,
    label: string | undefined,
    day: string,
  ): Promise<{ expiresAt?: Date | null }> {
    if (day === '') return { expiresAt: null };
    const expiresAt = new Date(`${day}T23:59:59.999Z`);
    if (!/^\d{4}-\d\d-\d\d$/.test(day) || Number.isNaN(expiresAt.getTime())) {
      throw new InvalidInputError('expires_on must be a day such as 2030-01-31.', 'expiry');
    }
    const stored = (await this.byok.listKeys(holder)).find((key) => key.provider === provider && key.label === label);
    return stored?.expiresAt?.toISOString().startsWith(day) ? {} : { expiresAt };
  }

  #doubts(provider: string, { warnings }: SavedKey, t: Translate): string[] {
    const prefix = getProviderInfo(provider, this.options.providers).keyPrefix.join(', ');
    const name = this.nameOf(provider, t);
    return [
      ...(warnings.includes('prefix') ? [t('keyPrefixDoubt', { prefix, name })] : []),
      ...(warnings.includes('not-checked') ? [t('keyNotChecked', { name })] : []),
    ];
  }
}

const NOTICES = { accepted: 'success', refused: 'error', unknown: 'warning' } as const satisfies Record<
  KeyOutcome,
  FormNotice['kind']
>;

/** What is said of a check. */
function checkText(check: LastCheck | null) {
  const { outcome, reason } = check ?? {};
  if (outcome === 'refused') return 'keyRefusedNow';
  if (outcome !== 'accepted') return reason === 'not-checkable' ? 'keyNotCheckable' : 'keyNotChecked';
  if (reason === 'no-credit') return 'keyAcceptedNoCredit';
  return reason === 'restricted' ? 'keyAcceptedRestricted' : 'keyAccepted';
}

function filled(fields: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== ''));
}
