import { types } from 'node:util';

/**
 * Searches everything that can be reached from a value by its properties, hidden ones and those of prototypes too, and by
 * the entries of maps and sets, into the instances of Nest's container.  What is found is told by the way to it.
 */
export function findReachable(root: unknown, needle: string): string[] {
  const found: string[] = [];
  const seen = new Set<unknown>([globalThis, process]);
  const queue: [string, unknown][] = [['', root]];
  for (let next = queue.shift(); next; next = queue.shift()) {
    const [path, value] = next;
    if (typeof value === 'string' && value.includes(needle)) found.push(path);
    if ((typeof value !== 'object' && typeof value !== 'function') || value === null || seen.has(value)) continue;
    seen.add(value);
    if (ArrayBuffer.isView(value)) {
      if (Buffer.from(value.buffer, value.byteOffset, value.byteLength).includes(needle)) found.push(path);
      continue;
    }
    if (types.isMap(value)) for (const [k, v] of value) queue.push([`${path}<key>`, k], [`${path}<${String(k)}>`, v]);
    if (types.isSet(value)) for (const v of value) queue.push([`${path}<entry>`, v]);
    queue.push([`${path}.__proto__`, Object.getPrototypeOf(value)]);
    // Nest keeps what it made in weak maps, and gives it out by this getter.
    if (value.constructor?.name === 'InstanceWrapper') queue.push([`${path}.instance`, instanceOf(value)]);
    for (const name of Reflect.ownKeys(value)) {
      const property = Object.getOwnPropertyDescriptor(value, name);
      if (property && 'value' in property) queue.push([`${path}.${String(name)}`, property.value]);
    }
  }
  return found;
}

function instanceOf(wrapper: object): unknown {
  return 'metatype' in wrapper && 'instance' in wrapper ? wrapper.instance : undefined;
}
