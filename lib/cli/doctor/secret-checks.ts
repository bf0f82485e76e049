import { EncryptionService, isWrapper, Keyring } from '../../crypto/index.js';
import type { KeyWrapper, SecretOption } from '../../interfaces/index.js';
import { describeFailure } from '../failure.js';
import { faultOf, givenSecrets } from '../secrets.js';
import type { GlobalOptions } from '../arguments.js';
import { check, type Check } from './check.js';

/** What the secrets that will do make. @internal */
export interface FoundSecrets {
  checks: Check[];
  /** None where one is missing or will not do. */
  secrets: SecretOption[];
  wrappers: KeyWrapper[];
  /** Where no key is held elsewhere. */
  encryption?: EncryptionService;
}

/** Whether the secrets are given and strong. @internal */
export async function checkSecrets(options: GlobalOptions): Promise<FoundSecrets> {
  const none = { secrets: [], wrappers: [] };
  try {
    const given = await givenSecrets(options);
    const faults = given.map(faultOf).filter((fault) => fault !== undefined);
    if (faults.length > 0) {
      return { ...none, checks: faults.map(({ message, advice }) => check('secret', 'fail', message, advice)) };
    }
    const secrets = given.map(({ secret }) => secret);
    const keyring = new Keyring(secrets);
    const wrappers = secrets.filter(isWrapper);
    const checks = [check('secret', 'ok', describe(secrets, keyring))];
    if (wrappers.length > 0) return { checks, secrets, wrappers };
    return { checks, secrets, wrappers, encryption: new EncryptionService(keyring) };
  } catch (error) {
    const { message, advice } = describeFailure(error);
    return { ...none, checks: [check('secret', 'fail', message, advice)] };
  }
}

function describe(secrets: readonly SecretOption[], keyring: Keyring): string {
  const ids = keyring.ids.map((keyId) => keyId.toString('hex'));
  const [first, ...others] = secrets.map((secret) => (isWrapper(secret) ? secret.id : ids.shift()!));
  const behind = others.length > 0 ? `; ${others.join(', ')} open only` : '';
  if (isWrapper(secrets[0])) return `${first} keeps the key that seals${behind}.`;
  return `Strong. The key ${first} seals${behind}.`;
}
