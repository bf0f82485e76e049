import {
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  Inject,
  Param,
  Patch,
  Post,
  Put,
  Query,
  Req,
  UseFilters,
  UseGuards,
  UseInterceptors,
  VERSION_NEUTRAL,
} from '@nestjs/common';
import { BYOK_OPTIONS } from '../../byok.constants.js';
import { KeyNotFoundError } from '../../errors/index.js';
import { OneCallerGuard } from '../../identity/index.js';
import type { ByokRequest, ResolvedByokOptions, SavedKey, StoredKey } from '../../interfaces/index.js';
import { ByokService } from '../../keys/index.js';
import { CleanupInterceptor } from '../cleanup.interceptor.js';
import { JsonBodyGuard } from '../body/json-body.guard.js';
import { bodyOf, dateOf, optionalText, refuseInQuery, refuseUndeclaredFields } from '../body/request-input.js';
import { JsonExceptionFilter } from '../errors/byok-exception.filter.js';
import { ApiGuards } from '../security/application-guards.js';
import { HttpsGuard } from '../security/https.guard.js';
import { ApiOriginGuard, ApiUserGuard } from '../security/same-origin.guard.js';
import { SecurityHeadersGuard } from '../security/security-headers.guard.js';
import { isRefusedKey, WriteLimits } from '../security/write-limits.js';
import { WriteRateLimitGuard } from '../security/write-rate-limit.guard.js';
import { RequestedOwners } from '../requested-owner.js';
import { DefaultKeyDto } from './default-key.dto.js';
import { PutKeyDto } from './put-key.dto.js';
import { UpdateKeyDto } from './update-key.dto.js';

/** Answer about the caller's own keys. */
interface KeyList {
  keys: StoredKey[];
}

/** Answer about keys that are shared with the caller. */
interface SharedKeyList {
  owner: { kind: string; name: string };
  canManage: boolean;
  /** Of callers who may not manage the keys, only the providers. */
  keys: StoredKey[] | { provider: string }[];
}

const PUT_KEY_FIELDS = { apiKey: true, label: true, ttlSeconds: true, expiresAt: true, fields: true } as const;
const DEFAULT_KEY_FIELDS = { label: true } as const;

/**
 * The JSON API. No answer carries a key; whose keys it is about comes from `resolveUser` and the session alone.
 *
 * The module gives it its path.
 *
 * @internal
 */
@Controller({ version: VERSION_NEUTRAL })
@UseFilters(JsonExceptionFilter)
@UseGuards(
  SecurityHeadersGuard,
  HttpsGuard,
  OneCallerGuard,
  ApiOriginGuard,
  ApiGuards,
  ApiUserGuard,
  JsonBodyGuard,
  WriteRateLimitGuard,
)
@UseInterceptors(CleanupInterceptor)
export class ApiKeysController {
  constructor(
    @Inject(ByokService) private readonly byok: ByokService,
    @Inject(BYOK_OPTIONS) private readonly options: ResolvedByokOptions,
    @Inject(WriteLimits) private readonly limits: WriteLimits,
    @Inject(RequestedOwners) private readonly owners: RequestedOwners,
  ) {}

  @Get('keys')
  async list(@Req() request: ByokRequest, @Query() query: unknown): Promise<KeyList | SharedKeyList> {
    const owner = await this.owners.find(request, query);
    if (!owner) return { keys: await this.byok.listKeys(request) };
    const { kind, name, canManage } = owner;
    const keys = await this.byok.listKeys(await this.owners.holderOf(owner, request));
    return { owner: { kind, name }, canManage, keys: canManage ? keys : providersOf(keys) };
  }

  @Put('keys/:provider')
  async put(
    @Req() request: ByokRequest,
    @Param('provider') provider: string,
    @Query() query: unknown,
    @Body(...bodyOf(PutKeyDto, PUT_KEY_FIELDS)) body: unknown,
  ): Promise<SavedKey> {
    refuseInQuery(query, Object.keys(PUT_KEY_FIELDS), 'What is stored must be in the body, not in the query.');
    const { apiKey, label, ttlSeconds, expiresAt, fields } = body as PutKeyDto;
    refuseUndeclaredFields(fields, this.options.providers[provider]);
    const expiry = dateOf(expiresAt ?? undefined);
    const saved = this.byok.setKey(await this.owners.managed(request, query), provider, apiKey, {
      label: label ?? undefined,
      ...(ttlSeconds != null && { ttl: ttlSeconds * 1000 }),
      ...(expiry && { expiresAt: expiry }),
      fields,
      check: this.options.checkOnSave,
    });
    return this.limits.countRefused(request, saved);
  }

  @Put('keys/:provider/default')
  async setDefault(
    @Req() request: ByokRequest,
    @Param('provider') provider: string,
    @Query() query: unknown,
    @Body(...bodyOf(DefaultKeyDto, DEFAULT_KEY_FIELDS)) body: unknown,
  ): Promise<StoredKey> {
    refuseInQuery(query, ['label', 'provider'], 'Name the label in the body: { "label": "work" }.');
    return this.byok.setDefaultKey(await this.owners.managed(request, query), provider, (body as DefaultKeyDto).label);
  }

  @Patch('keys/:provider')
  async update(
    @Req() request: ByokRequest,
    @Param('provider') provider: string,
    @Query() query: unknown,
    @Body(...bodyOf(UpdateKeyDto, PUT_KEY_FIELDS)) body: unknown,
  ): Promise<SavedKey> {
    const label = labelIn(query);
    const { apiKey, label: newLabel, ttlSeconds, expiresAt, fields } = body as UpdateKeyDto;
    refuseUndeclaredFields(fields, this.options.providers[provider]);
    const saved = this.byok.updateKey(await this.owners.managed(request, query), provider, {
      label,
      apiKey: apiKey ?? undefined,
      newLabel: newLabel ?? undefined,
      ...(ttlSeconds != null && { ttl: ttlSeconds * 1000 }),
      ...(expiresAt !== undefined && { expiresAt: expiresAt === null ? null : dateOf(expiresAt) }),
      fields: fields ?? undefined,
      check: this.options.checkOnSave,
    });
    return this.limits.countRefused(request, saved);
  }

  @Post('keys/:provider/check')
  @HttpCode(200)
  async check(
    @Req() request: ByokRequest,
    @Param('provider') provider: string,
    @Query() query: unknown,
  ): Promise<StoredKey> {
    const label = labelIn(query);
    const checked = this.byok.checkKey(await this.owners.managed(request, query), provider, { label });
    return this.limits.countRefused(request, checked, isRefusedKey);
  }

  @Delete('keys/:provider')
  @HttpCode(204)
  async delete(
    @Req() request: ByokRequest,
    @Param('provider') provider: string,
    @Query() query: unknown,
  ): Promise<void> {
    const label = labelIn(query);
    const holder = await this.owners.managed(request, query);
    if (!(await this.byok.deleteKey(holder, provider, { label }))) {
      throw new KeyNotFoundError();
    }
  }

  @Delete('keys')
  @HttpCode(204)
  async clear(@Req() request: ByokRequest, @Query() query: unknown): Promise<void> {
    refuseInQuery(
      query,
      ['label', 'provider'],
      'This deletes every key. Name a single one as keys/provider?label=text.',
    );
    await this.byok.clearKeys(await this.owners.managed(request, query));
  }
}

function providersOf(keys: readonly StoredKey[]): { provider: string }[] {
  const usable = keys.filter(({ status }) => status !== 'expired').map(({ provider }) => provider);
  return [...new Set(usable)].map((provider) => ({ provider }));
}

/** Which of the provider's keys the request is about. @throws InvalidInputError */
function labelIn(query: unknown): string | undefined {
  const { label, ...others } = (query ?? {}) as { label?: unknown };
  refuseInQuery(others, ['label', 'provider'], 'Name the key as keys/provider?label=text.');
  return optionalText('label', label);
}
