/**
 * A copy without what the API server does not keep: empty lists and maps, and `false` where that is the default. They would
 * make every `kubectl apply` a change of an object that is the same.
 */
export function withoutEmpty<T extends object>(value: T): T {
  return (clean(value) ?? {}) as T;
}

/** Fields that the API server drops when they are false. */
const FALSE_IS_DEFAULT = ['hostNetwork', 'setHostnameAsFqdn', 'readOnly'];
/** Fields in which an empty map says something. */
const EMPTY_IS_MEANT = ['emptyDir', 'podSelector', 'namespaceSelector'];

function clean(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.length > 0 ? value.map((item: unknown) => clean(item) ?? item) : undefined;
  }
  if (!isPlainObject(value)) {
    return value;
  }
  const entries = Object.entries(value)
    .filter(([key, item]) => !(item === false && FALSE_IS_DEFAULT.includes(key)))
    .map(([key, item]) => [key, clean(item) ?? (EMPTY_IS_MEANT.includes(key) ? item : undefined)] as const)
    .filter(([, item]) => item !== undefined);
  return entries.length > 0 ? Object.fromEntries(entries) : undefined;
}

/** Quantities and the like of cdk8s-plus are objects of a class, and stay as they are. */
function isPlainObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && (Object.getPrototypeOf(value) as unknown) === Object.prototype;
}
