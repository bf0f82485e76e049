import { asks } from '../check.js';
import type { ProviderRow } from '../provider-row.js';
import { listIn } from '../shapes.js';
import { asksSts } from '../sts-check.js';
import { EXPIRED, INVALID, RESTRICTED, REVOKED, UNREADABLE, WRONG_PLACE } from '../verdicts.js';

const REGION = /^[a-z]{2}(?:-[a-z]+)+-\d$/;

/** Regions of AWS with Bedrock. Hosts are listed one by one: below amazonaws.com anybody can have one. */
const BEDROCK_REGIONS = [
  ...[
    'us-east-1',
    'us-east-2',
    'us-west-1',
    'us-west-2',
    'us-gov-east-1',
    'us-gov-west-1',
    'ca-central-1',
    'ca-west-1',
  ],
  ...['mx-central-1', 'sa-east-1', 'eu-central-1', 'eu-central-2', 'eu-north-1', 'eu-south-1', 'eu-south-2'],
  ...['eu-west-1', 'eu-west-2', 'eu-west-3', 'af-south-1', 'il-central-1', 'me-central-1', 'me-south-1'],
  ...['ap-east-1', 'ap-east-2', 'ap-south-1', 'ap-south-2', 'ap-northeast-1', 'ap-northeast-2', 'ap-northeast-3'],
  ...['ap-southeast-1', 'ap-southeast-2', 'ap-southeast-3', 'ap-southeast-4', 'ap-southeast-5', 'ap-southeast-6'],
  'ap-southeast-7',
];

// As of 2026-11. Sources: learn.microsoft.com/rest/api/azureopenai/models/list; Azure/azure-sdk-for-python#39363 (keys are
// longer than 32 characters); microsoft/sample-app-aoai-chatGPT#1000. A 401 speaks of the key and the endpoint together: it
// refuses this key at this endpoint, which is what is stored.
export const azureOpenAi: ProviderRow = {
  name: 'Azure OpenAI',
  docsUrl: 'https://learn.microsoft.com/azure/ai-foundry/openai/reference',
  keysUrl: 'https://portal.azure.com',
  placeholder: 'Key 1 or Key 2 of the resource',
  fields: {
    endpoint: {
      label: 'Endpoint',
      type: 'url',
      required: true,
      visible: true,
      placeholder: 'https://example.openai.azure.com',
    },
    deployment: { label: 'Deployment', visible: true },
    apiVersion: { label: 'API version', visible: true, pattern: /^[\w.-]{1,64}$/ },
  },
  addressField: 'endpoint',
  hosts: [
    '*.openai.azure.com',
    '*.cognitiveservices.azure.com',
    '*.services.ai.azure.com',
    '*.api.cognitive.microsoft.com',
    '*.openai.azure.us',
  ],
  check: asks({
    base: '{endpoint}',
    without: /\/openai(?:\/v1)?$/,
    path: '/openai/models?api-version=2024-10-21',
    headers: { 'api-key': '{key}' },
    shape: listIn('data'),
  }),
  rules: [
    { code: 'AuthenticationTypeDisabled', is: REVOKED },
    { says: /virtual network\/firewall rules/i, is: WRONG_PLACE },
    { status: 401, says: /invalid subscription key or wrong api endpoint/i, is: INVALID },
  ],
  signs: {
    says: /invalid subscription key or wrong api endpoint/i,
    codes: ['AuthenticationTypeDisabled'],
    headers: ['apim-request-id'],
  },
};

// As of 2026-11. Sources: docs.aws.amazon.com/bedrock/latest/userguide/api-keys-reference.html; ai4s-research/open-science#53;
// VectifyAI/OpenKB#204. A key of another region is refused as a wrong one is: it is refused for this region.
export const bedrockApiKey: ProviderRow = {
  name: 'Amazon Bedrock',
  docsUrl: 'https://docs.aws.amazon.com/bedrock/latest/userguide/api-keys.html',
  keysUrl: 'https://console.aws.amazon.com/bedrock/home#/api-keys',
  placeholder: 'ABSK…',
  keyPrefix: ['ABSK', 'bedrock-api-key-'],
  fields: {
    region: {
      label: 'Region',
      required: true,
      visible: true,
      inAddress: true,
      pattern: REGION,
      placeholder: 'us-east-1',
    },
  },
  hosts: BEDROCK_REGIONS.flatMap((region) => [
    `bedrock.${region}.amazonaws.com`,
    `bedrock-runtime.${region}.amazonaws.com`,
    `bedrock-mantle.${region}.api.aws`,
  ]),
  check: asks({
    base: 'https://bedrock.{region}.amazonaws.com',
    path: '/foundation-models',
    headers: { authorization: 'Bearer {key}' },
    shape: listIn('modelSummaries'),
  }),
  rules: [
    { status: 403, says: /invalid api key format/i, is: INVALID },
    { status: 403, says: /make sure your api key is valid/i, is: INVALID },
    { status: 403, says: /api key (?:has )?expired|(?:security )?token .*expired/i, is: EXPIRED },
    { status: 403, code: ['UnrecognizedClientException', 'InvalidSignatureException'], is: UNREADABLE },
    { status: 403, says: /not authorized to perform|AccessDeniedException/i, is: RESTRICTED },
  ],
  statuses: { 403: UNREADABLE },
  // A key pair is used at the same hosts.
  onlyRules: true,
  signs: {
    // The users that AWS makes for long-term keys have such names.
    says: /make sure your api key is valid|invalid api key format: must start with pre-defined prefix|\bBedrockAPIKey-/i,
  },
};

// As of 2026-11. Sources: docs.aws.amazon.com/STS GetCallerIdentity; trufflehog's detector (repeat once, see sts-check).
export const awsAccessKey: ProviderRow = {
  name: 'AWS access key',
  docsUrl: 'https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html',
  keysUrl: 'https://console.aws.amazon.com/iam/home#/security_credentials',
  placeholder: 'Secret access key',
  fields: {
    accessKeyId: {
      label: 'Access key ID',
      required: true,
      visible: true,
      placeholder: 'AKIA…',
      pattern: /^[A-Z0-9]{16,128}$/,
    },
    sessionToken: { label: 'Session token', type: 'password' },
    region: { label: 'Region', visible: true, inAddress: true, pattern: REGION, placeholder: 'us-east-1' },
  },
  hosts: ['*.amazonaws.com', '*.api.aws'],
  check: asksSts(),
  rules: [
    // It is the clock of this machine that is wrong, or the pair is too new.
    { says: /signature expired|signature not yet current/i, is: UNREADABLE },
    { code: ['ExpiredToken', 'ExpiredTokenException'], is: EXPIRED },
    {
      code: [
        ...['InvalidClientTokenId', 'InvalidAccessKeyId', 'UnrecognizedClientException'],
        ...['SignatureDoesNotMatch', 'InvalidSignatureException'],
      ],
      is: INVALID,
    },
  ],
  statuses: { 401: UNREADABLE, 403: UNREADABLE },
  // Any service of AWS can be at these hosts, and says no for its own reasons.
  onlyRules: true,
  // Other stores of objects copy the codes of S3, which are therefore no sign.
  signs: {
    codes: [
      'InvalidClientTokenId',
      'UnrecognizedClientException',
      'InvalidSignatureException',
      'ExpiredTokenException',
    ],
  },
};
