/**
 * The same object, with properties that are there to be read but not shown: an inspection, JSON and a spread leave
 * them out. A root secret and the password in a database's URL have no place in a log.
 *
 * @internal
 */
export function conceal<T extends object>(object: T, ...names: (keyof T)[]): T {
  const descriptors: PropertyDescriptorMap = Object.getOwnPropertyDescriptors(object);
  for (const name of names) {
    const value = object[name];
    // A getter: an inspection that shows hidden properties shows a plain one's value.
    if (name in descriptors) descriptors[name as string] = { get: () => value, enumerable: false };
  }
  return Object.create(Object.getPrototypeOf(object) as object | null, descriptors) as T;
}
