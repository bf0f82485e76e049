interface Note<T> {
  readonly of: object;
  value: T;
}

/**
 * Something that is known of a request, for as long as the request is there. It is kept on the request itself: a map
 * beside requests, of keys that die young, costs the garbage collector more than a key costs. A request that is copied
 * or made from another has none of the other's notes, and one that takes no properties has its own all the same.
 *
 * @internal
 */
export class RequestState<T> {
  readonly #symbol: symbol;
  readonly #beside = new WeakMap<object, T>();

  /** @param name - As it shows where a request is printed. */
  constructor(name: string) {
    this.#symbol = Symbol(name);
  }

  get(request: object): T | undefined {
    const note = this.#noteOn(request);
    return note ? note.value : this.#beside.get(request);
  }

  set(request: object, value: T): void {
    const note = this.#noteOn(request);
    if (note) {
      note.value = value;
      return;
    }
    try {
      (request as Record<symbol, Note<T>>)[this.#symbol] = { of: request, value };
    } catch {
      this.#beside.set(request, value);
    }
  }

  #noteOn(request: object): Note<T> | undefined {
    const note = (request as Record<symbol, Note<T> | undefined>)[this.#symbol];
    return note?.of === request ? note : undefined;
  }
}
