import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { KMSClient } from '@aws-sdk/client-kms';
import { randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { ConfigurationError, KeyWrapperError } from '../../lib/index.js';
import { AwsKmsWrapper } from '../../lib/kms/aws-kms.wrapper.js';
import { AwsKmsStandIn } from '../support/aws-kms-stand-in.js';

const CONTEXT = { app: 'nestjs-byok', table: 'byok_keyring', keyId: '0123456789abcdef' };
const ROOT = randomBytes(32);
const SECRET_ACCESS_KEY = 'an-example-of-a-secret-access-key';
const call = () => ({ signal: AbortSignal.timeout(2_000) });

describe('AwsKmsWrapper', () => {
  let kms: AwsKmsStandIn;
  let client: KMSClient;
  const wrapper = (keyId = 'alias/byok') => new AwsKmsWrapper({ keyId, client });
  const failureOf = async (work: Promise<unknown>): Promise<KeyWrapperError> => {
    const error = await work.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(KeyWrapperError);
    expect(inspect(error, { depth: 20, showHidden: true })).not.toMatch(/secret-role|secret-access-key|cause/);
    return error as KeyWrapperError;
  };

  beforeAll(async () => {
    kms = await AwsKmsStandIn.start();
    kms.createKey('alias/byok');
    kms.createKey('alias/other');
    client = new KMSClient({
      endpoint: kms.endpoint,
      region: 'eu-central-1',
      credentials: { accessKeyId: 'EXAMPLE', secretAccessKey: SECRET_ACCESS_KEY },
      maxAttempts: 1,
    });
    // Loads the SDK, which takes its time.
    await wrapper().wrap(ROOT, CONTEXT, call());
  });
  beforeEach(() => {
    Object.assign(kms, { latency: 0, cut: 0, failures: [] });
  });
  afterAll(async () => {
    client.destroy();
    await kms.stop();
  });

  it('gives back what it wrapped, for the same context and key only', async () => {
    const wrapped = await wrapper().wrap(ROOT, CONTEXT, call());
    expect(Buffer.from(wrapped).includes(ROOT)).toBe(false);
    expect(Buffer.from(await wrapper().unwrap(wrapped, CONTEXT, call()))).toEqual(ROOT);
    for (const name of Object.keys(CONTEXT)) {
      const failure = await failureOf(wrapper().unwrap(wrapped, { ...CONTEXT, [name]: 'another' }, call()));
      expect(failure).toMatchObject({ refused: true, message: expect.stringContaining('InvalidCiphertextException') });
    }
    expect((await failureOf(wrapper('alias/other').unwrap(wrapped, CONTEXT, call()))).refused).toBe(true);
  });

  it('speaks as AWS KMS does', async () => {
    await wrapper().wrap(ROOT, CONTEXT, call());
    expect(kms.calls.at(-1)).toBe('Encrypt');
    expect(kms.last!.headers).toMatchObject({
      'x-amz-target': 'TrentService.Encrypt',
      'content-type': 'application/x-amz-json-1.1',
      authorization: expect.stringMatching(
        /^AWS4-HMAC-SHA256 Credential=EXAMPLE\/\d+\/eu-central-1\/kms\/aws4_request/,
      ),
    });
    expect(kms.last!.body).toEqual({
      KeyId: 'alias/byok',
      Plaintext: ROOT.toString('base64'),
      EncryptionContext: CONTEXT,
    });
  });

  it.each<[string, number, boolean]>([
    ['AccessDeniedException', 400, true],
    ['InvalidCiphertextException', 400, true],
    ['IncorrectKeyException', 400, true],
    ['NotFoundException', 400, true],
    ['DisabledException', 400, true],
    ['UnrecognizedClientException', 400, true],
    ['KMSInternalException', 500, false],
    ['DependencyTimeoutException', 503, false],
    ['KeyUnavailableException', 500, false],
    ['KMSInvalidStateException', 400, false],
    ['ThrottlingException', 400, false],
    ['SomethingNew', 502, false],
  ])('tells a refusal from an outage: %s', async (name, status, refused) => {
    kms.failures = [[name, status]];
    const failure = await failureOf(wrapper().unwrap(Buffer.alloc(60), CONTEXT, call()));
    expect(failure).toMatchObject({ refused, message: expect.stringContaining(`(${name})`) });
  });

  it('takes a cut connection and a late answer for outages', async () => {
    kms.cut = 1;
    expect((await failureOf(wrapper().wrap(ROOT, CONTEXT, call()))).refused).toBe(false);
    kms.latency = 1_000;
    const late = wrapper().wrap(ROOT, CONTEXT, { signal: AbortSignal.timeout(100) });
    expect((await failureOf(late)).refused).toBe(false);
  });

  it('tells whether the key is enabled', async () => {
    await wrapper().health(call());
    expect(kms.calls.at(-1)).toBe('DescribeKey');
    expect((await failureOf(wrapper('alias/none').health(call()))).refused).toBe(true);
  });

  it('makes a client as the SDK does, for the region of the ARN', async () => {
    const before = { ...process.env };
    Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'EXAMPLE', AWS_SECRET_ACCESS_KEY: SECRET_ACCESS_KEY });
    delete process.env['AWS_REGION'];
    const keyId = 'arn:aws:kms:ap-southeast-2:111122223333:key/byok';
    kms.createKey(keyId);
    try {
      await new AwsKmsWrapper({ keyId, endpoint: kms.endpoint }).wrap(ROOT, CONTEXT, call());
      expect(kms.last!.headers.authorization).toContain('/ap-southeast-2/kms/');
      await new AwsKmsWrapper({ keyId, endpoint: kms.endpoint, region: 'eu-west-1' }).wrap(ROOT, CONTEXT, call());
      expect(kms.last!.headers.authorization).toContain('/eu-west-1/kms/');
    } finally {
      process.env = before;
    }
  });

  it('has an id that names the key, and shows nothing else', () => {
    expect(wrapper().id).toBe('aws-kms:alias/byok');
    expect(new AwsKmsWrapper({ keyId: 'alias/byok', id: 'mine' }).id).toBe('mine');
    expect(inspect(wrapper(), { showHidden: true, depth: 20 })).toBe("AwsKmsWrapper { id: 'aws-kms:alias/byok' }");
    expect(() => new AwsKmsWrapper({ keyId: '' })).toThrow(ConfigurationError);
    expect(() => new AwsKmsWrapper({ keyId: '' })).toThrow(/keyId must be the ARN.*variable is empty/);
  });
});
