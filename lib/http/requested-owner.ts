import { Injectable } from '@nestjs/common';
import { ByokError, InvalidInputError } from '../errors/index.js';
import { CallerResolver, SharedOwners } from '../identity/index.js';
import type { ByokRequest, KeyHolder, OwnerHolder } from '../interfaces/index.js';
import { USER_SOURCE } from '../validation/index.js';
import { optionalText } from './body/request-input.js';

/** An owner of shared keys, as the caller sees it. @internal */
export interface SharedWithCaller {
  kind: string;
  id: string;
  /** For people. */
  name: string;
  canManage: boolean;
}

/**
 * Whose keys a request of our routes is about. A request names a kind, `?owner=team`, and never an id: which team it is, the
 * application says.
 *
 * @internal
 */
@Injectable()
export class RequestedOwners {
  constructor(
    private readonly callers: CallerResolver,
    private readonly shared: SharedOwners,
  ) {}

  /** All owners that share keys with the caller. */
  async all(request: ByokRequest): Promise<SharedWithCaller[]> {
    const found = await Promise.all(this.shared.kinds.map((kind) => this.#find(request, kind)));
    return found.filter((owner) => owner !== undefined);
  }

  /**
   * The owner that a request names, `undefined` for the caller.
   *
   * @throws InvalidInputError for a kind that there is not @throws ByokError `BYOK_FORBIDDEN` if the caller has no such owner
   */
  async find(request: ByokRequest, query: unknown): Promise<SharedWithCaller | undefined> {
    const kind = ownerIn(query);
    if (kind === undefined) return undefined;
    if (!this.shared.has(kind)) {
      throw new InvalidInputError(`owner must be one of: ${[USER_SOURCE, ...this.shared.kinds].join(', ')}.`);
    }
    const owner = await this.#find(request, kind);
    if (owner) return owner;
    throw new ByokError('BYOK_FORBIDDEN', `Nobody shares keys with you as ${kind}.`);
  }

  /**
   * The holder of the keys that a request is about, if the caller may change them.
   *
   * @throws InvalidInputError @throws ByokError `BYOK_FORBIDDEN` if the caller may not
   */
  async managed(request: ByokRequest, query: unknown): Promise<KeyHolder> {
    const owner = await this.find(request, query);
    if (!owner) return request;
    if (owner.canManage) return this.holderOf(owner, request);
    throw new ByokError('BYOK_FORBIDDEN', `You may use the keys of this ${owner.kind}, but not manage them.`);
  }

  /** An owner's keys, with who asks for them. */
  async holderOf({ kind, id }: SharedWithCaller, request: ByokRequest): Promise<OwnerHolder> {
    const holder = { owner: { kind, id }, actor: await this.callers.actorOf(request) };
    // The id of the request, for events.
    return { ...holder, id: (request as { id?: unknown }).id } as OwnerHolder;
  }

  async #find(request: ByokRequest, kind: string): Promise<SharedWithCaller | undefined> {
    const id = await this.shared.idOf(kind, request);
    if (id === undefined) return undefined;
    const [name, canManage] = await Promise.all([
      this.shared.nameOf(kind, request, id),
      this.shared.canManage(kind, request, id),
    ]);
    return { kind, id, name, canManage };
  }
}

/** The kind of owner that a query names, `undefined` for the caller. @throws InvalidInputError @internal */
export function ownerIn(query: unknown): string | undefined {
  const { owner: given, ...others } = (query ?? {}) as { owner?: unknown };
  if (Object.keys(others).some((name) => /^owner\b/.test(name))) {
    throw new InvalidInputError('Name the owner once, by its kind: ?owner=team.');
  }
  const owner = optionalText('owner', given);
  return owner === USER_SOURCE ? undefined : owner;
}
