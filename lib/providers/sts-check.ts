import { baseAddress, isOwnAddress } from './addresses.js';
import { send } from './check.js';
import type { ProviderRow } from './provider-row.js';
import { callerIdentity } from './shapes.js';
import { signRequest } from './sigv4.js';
import { UNREADABLE } from './verdicts.js';

const REGION = 'us-east-1';
const BODY = 'Action=GetCallerIdentity&Version=2011-06-15';
const TYPE = 'application/x-www-form-urlencoded; charset=utf-8';

/** Asks AWS STS who the key pair is. The stored key is the secret access key; the field `accessKeyId` says whose it is. */
export function asksSts(): ProviderRow['check'] {
  return (row, site) => async (key) => {
    const { accessKeyId = '', sessionToken = '', region = '' } = key.fields;
    const base = baseAddress(`https://sts.{region=${REGION}}.amazonaws.com`, key.fields, row, site);
    const sendable = [accessKeyId, sessionToken].every((value) => /^[\x21-\x7e]*$/.test(value)) && accessKeyId !== '';
    if (base === undefined || !sendable || !isOwnAddress(base, site)) return UNREADABLE;
    const url = `${base}/`;
    const request = {
      method: 'POST',
      url,
      headers: { 'content-type': TYPE },
      body: BODY,
      region: region.trim() || REGION,
      service: 'sts',
    };
    const ask = () =>
      send(row, callerIdentity, () => {
        const credentials = { accessKeyId, secretAccessKey: key.apiKey, ...(sessionToken ? { sessionToken } : {}) };
        return key.fetch(url, { method: 'POST', headers: signRequest(request, credentials, new Date()), body: BODY });
      });
    const first = await ask();
    // STS refuses a right secret once if a wrong one of the same pair was tried in the seconds before.
    return (first.answer?.words.codes.has('SignatureDoesNotMatch') ? await ask() : first).verdict;
  };
}
