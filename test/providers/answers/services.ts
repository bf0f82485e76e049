import { answer, list, type Cases } from './case.js';

const eleven = (status: string, message: string) => ({ detail: { status, message } });
const deepgram = (code: string, message: string) => ({
  err_code: code,
  err_msg: message,
  request_id: '00000000-0000-0000-0000-000000000000',
});
const github = (message: string, status: string) => ({
  message,
  documentation_url: 'https://docs.github.com/rest',
  status,
});
const stripe = (message: string, facts: object = {}) => ({
  error: { message, type: 'invalid_request_error', ...facts },
});
const sendgrid = (message: string) => ({ errors: [{ field: null, message }] });
const azure = (code: string, message: string) => ({ error: { code, message } });
const sts = (code: string, message: string) =>
  `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">\n  <Error>\n    <Type>Sender</Type>\n    <Code>${code}</Code>\n    <Message>${message}</Message>\n  </Error>\n  <RequestId>0</RequestId>\n</ErrorResponse>`;
const XML = { 'content-type': 'text/xml' };

export const SERVICES: Cases = {
  elevenlabs: [
    answer('a user', 200, { user_id: 'a', subscription: {} }, 'accepted'),
    answer('a wrong key', 401, eleven('invalid_api_key', 'Invalid API key'), 'refused/invalid'),
    answer(
      'a restricted key',
      401,
      eleven(
        'missing_permissions',
        'The API key you used is missing the permission user_read to execute this operation.',
      ),
      'accepted/restricted',
    ),
    answer(
      'no quota',
      401,
      eleven('quota_exceeded', 'This request exceeds your quota of 10000. You have 5 credits remaining.'),
      'accepted/no-credit',
    ),
    answer(
      'a 401 for another reason',
      401,
      eleven('detected_unusual_activity', 'Unusual activity detected.'),
      'unknown/unreadable',
    ),
    answer(
      'a limit',
      429,
      eleven('too_many_concurrent_requests', 'Too many concurrent requests.'),
      'accepted/rate-limited',
    ),
  ],
  deepgram: [
    answer('a key', 200, { api_key_id: 'a', scopes: ['usage:write'], created: '2026-01-01' }, 'accepted'),
    answer('a wrong key', 401, deepgram('INVALID_AUTH', 'Invalid credentials.'), 'refused/invalid'),
    answer('a wrong key as 400', 400, { err_msg: 'Invalid credentials.', request_id: 'a' }, 'refused/invalid'),
    answer(
      'a permission',
      403,
      deepgram('INSUFFICIENT_PERMISSIONS', 'User does not have sufficient permissions.'),
      'accepted/restricted',
    ),
    answer(
      'no credit',
      402,
      deepgram('ASR_PAYMENT_REQUIRED', 'Project does not have enough credits.'),
      'accepted/no-credit',
    ),
    answer('a limit', 429, deepgram('TOO_MANY_REQUESTS', 'Too many requests.'), 'accepted/rate-limited'),
    answer('an error with 200', 200, { err_code: 'X', scopes: [] }, 'unknown/unreadable'),
  ],
  voyage: [
    answer('its files', 200, { object: 'list', data: [] }, 'accepted'),
    answer('a wrong key', 401, { detail: 'Provided API key is invalid.' }, 'refused/invalid'),
    answer('a key of another host', 403, { detail: 'Forbidden' }, 'unknown/unreadable'),
    answer(
      'a limit',
      429,
      { detail: 'You have not yet added your payment method; the rate limit is 3 RPM.' },
      'accepted/rate-limited',
    ),
  ],
  pinecone: [
    answer('its indexes', 200, { indexes: [] }, 'accepted'),
    answer(
      'a wrong key',
      401,
      { error: { code: 'UNAUTHENTICATED', message: 'Invalid API key' }, status: 401 },
      'refused/invalid',
    ),
    answer('a wrong key, in words', 401, 'Invalid API Key', 'refused/invalid', {
      'x-pinecone-auth-rejected-reason': 'Invalid API key',
    }),
    answer('an operation that is unknown', 401, 'Unauthorized', 'unknown/unreadable', {
      'x-pinecone-auth-rejected-reason': 'Unknown operation',
    }),
    answer(
      'a key without the role',
      403,
      { error: { code: 'FORBIDDEN', message: 'Forbidden' }, status: 403 },
      'accepted/restricted',
    ),
    answer('a list of something else', 200, list, 'unknown/unreadable'),
  ],
  github: [
    answer('a user', 200, { login: 'example', id: 1 }, 'accepted'),
    answer('a wrong token', 401, github('Bad credentials', '401'), 'refused/invalid'),
    answer(
      'the token of an installation',
      403,
      github('Resource not accessible by integration', '403'),
      'accepted/restricted',
    ),
    answer('a limit', 403, github('API rate limit exceeded for user ID 1.', '403'), 'accepted/rate-limited', {
      'x-ratelimit-remaining': '0',
    }),
    answer(
      'a secondary limit',
      403,
      github('You have exceeded a secondary rate limit.', '403'),
      'accepted/rate-limited',
    ),
    answer(
      'too many wrong tokens',
      403,
      github('Maximum number of login attempts exceeded. Please try again later.', '403'),
      'unknown/unreadable',
    ),
    answer(
      'a single sign-on',
      403,
      github('Resource protected by organization SAML enforcement.', '403'),
      'accepted/restricted',
    ),
    answer('no User-Agent', 403, 'Request forbidden by administrative rules.', 'unknown/unreadable'),
  ],
  stripe: [
    answer('a balance', 200, { object: 'balance', available: [], livemode: false }, 'accepted'),
    answer('a wrong key', 401, stripe('Invalid API Key provided: sk_exampl****1f9c'), 'refused/invalid'),
    answer(
      'a key that is over',
      401,
      stripe('Expired API Key provided: sk_exampl****1f9c', {
        code: 'api_key_expired',
        doc_url: 'https://stripe.com/docs/error-codes/api-key-expired',
      }),
      'refused/expired',
    ),
    answer(
      'a restricted key',
      403,
      stripe(
        "The provided key 'rk_exampl****1f9c' does not have the required permissions for this endpoint. Having the 'rak_balance_read' permission would allow this request to continue.",
        { code: 'more_permissions_required' },
      ),
      'accepted/restricted',
    ),
    answer('a limit', 429, stripe('Request rate limit exceeded.', { code: 'rate_limit' }), 'unknown/rate-limited'),
    answer('another object', 200, { object: 'list', data: [] }, 'unknown/unreadable'),
  ],
  sendgrid: [
    answer('its scopes', 200, { scopes: ['mail.send'] }, 'accepted'),
    answer(
      'a wrong key',
      401,
      sendgrid('The provided authorization grant is invalid, expired, or revoked'),
      'refused/invalid',
    ),
    answer('a permission', 403, sendgrid('access forbidden'), 'accepted/restricted'),
    answer('credits that are used up', 401, sendgrid('Maximum credits exceeded'), 'accepted/no-credit'),
    answer('a limit', 429, sendgrid('too many requests'), 'accepted/rate-limited'),
  ],
  'azure-openai': [
    answer('its list', 200, list, 'accepted'),
    answer(
      'a wrong key, or a wrong endpoint',
      401,
      azure(
        '401',
        'Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key for an active subscription and use a correct regional API endpoint for your resource.',
      ),
      'refused/invalid',
    ),
    answer(
      'keys that are switched off',
      403,
      azure('AuthenticationTypeDisabled', 'Key based authentication is disabled for this resource.'),
      'refused/revoked',
    ),
    answer(
      'a firewall',
      403,
      azure('403', 'Access denied due to Virtual Network/Firewall rules.'),
      'unknown/wrong-region',
    ),
    answer('a wrong endpoint', 404, azure('404', 'Resource not found'), 'unknown/unreadable'),
    answer('a limit', 429, azure('429', 'Requests have exceeded the call rate limit.'), 'accepted/rate-limited'),
  ],
  'bedrock-api-key': [
    answer('its list', 200, { modelSummaries: [] }, 'accepted'),
    answer(
      'a wrong key, or a wrong region',
      403,
      { Message: 'Authentication failed: Please make sure your API Key is valid.' },
      'refused/invalid',
    ),
    answer(
      'no key of Bedrock',
      403,
      { Message: 'Invalid API Key format: Must start with pre-defined prefix' },
      'refused/invalid',
    ),
    answer(
      'a permission',
      403,
      {
        message:
          'User: arn:aws:iam::000000000000:user/BedrockAPIKey-0000 is not authorized to perform: bedrock:ListFoundationModels',
        __type: 'AccessDeniedException',
      },
      'accepted/restricted',
    ),
    answer('a key that is over', 403, { Message: 'The API key has expired.' }, 'refused/expired'),
    answer('another 403', 403, { message: 'Forbidden' }, 'unknown/unreadable'),
  ],
  'aws-access-key': [
    answer(
      'who it is',
      200,
      '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Arn>arn:aws:iam::000000000000:user/a</Arn><UserId>AIDAEXAMPLE</UserId><Account>000000000000</Account></GetCallerIdentityResult></GetCallerIdentityResponse>',
      'accepted',
      XML,
    ),
    answer(
      'who it is, as JSON',
      200,
      {
        GetCallerIdentityResponse: {
          GetCallerIdentityResult: { Account: '000000000000', Arn: 'arn:aws:iam::000000000000:root' },
        },
      },
      'accepted',
    ),
    answer(
      'a wrong identifier',
      403,
      sts('InvalidClientTokenId', 'The security token included in the request is invalid.'),
      'refused/invalid',
      XML,
    ),
    answer(
      'a wrong secret, twice',
      403,
      sts('SignatureDoesNotMatch', 'The request signature we calculated does not match the signature you provided.'),
      'refused/invalid',
      XML,
    ),
    answer(
      'a token that is over',
      403,
      sts('ExpiredToken', 'The security token included in the request is expired'),
      'refused/expired',
      XML,
    ),
    answer(
      'a clock that is wrong',
      403,
      sts('SignatureDoesNotMatch', 'Signature expired: 20261101T000000Z is now earlier than 20261101T001500Z'),
      'unknown/unreadable',
      XML,
    ),
    answer('a 403 for another reason', 403, sts('AccessDenied', 'Denied'), 'unknown/unreadable', XML),
  ],
};
