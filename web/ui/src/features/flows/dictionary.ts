// Records whose keys are chosen by people: a flow may be called "constructor", an
// imported node "__proto__". Without a prototype they are keys like any other.

/** A record with the entries of another. */
export function dictionary<T>(from?: Readonly<Record<string, T>>): Record<string, T> {
  return Object.assign(Object.create(null) as Record<string, T>, from);
}

/** A copy in which a key has a value. */
export function withEntry<T>(from: Readonly<Record<string, T>>, key: string, value: T): Record<string, T> {
  const copy = dictionary(from);
  copy[key] = value;
  return copy;
}

/** A copy that does not have a key. */
export function withoutEntry<T>(from: Readonly<Record<string, T>>, key: string): Record<string, T> {
  const copy = dictionary(from);
  delete copy[key];
  return copy;
}
