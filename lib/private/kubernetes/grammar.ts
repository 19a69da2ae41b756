import { refuse } from '../refuse';

/* The grammars of Kubernetes for what becomes a name, a label or a reference in a manifest. */

const LABEL_1123 = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/;
const LABEL_1035 = /^[a-z]([a-z0-9-]*[a-z0-9])?$/;
const SUBDOMAIN = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;
const LABEL_VALUE = /^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/;

/** The name of a Service (RFC 1035), which is a DNS label that starts with a letter. */
export function serviceName(prop: string, value: string): string {
  return matching(LABEL_1035, 63, prop, value, 'the name of a Service has 1..63 characters of a-z, 0-9 and "-", starts with a letter and ends with a letter or a digit');
}

/** The name of a Deployment, short enough for the names that are made of it. */
export function deploymentName(prop: string, value: string): string {
  return matching(LABEL_1123, 40, prop, value, 'the name has 1..40 characters of a-z, 0-9 and "-", and starts and ends with a letter or a digit; without \'name\' it is the construct\'s id');
}

/** The name of a namespace (RFC 1123 label). */
export function namespaceName(prop: string, value: string): string {
  return matching(LABEL_1123, 63, prop, value, 'the name of a namespace has 1..63 characters of a-z, 0-9 and "-", and starts and ends with a letter or a digit');
}

/** The name of an object that is referred to: a DNS name. */
export function objectName(prop: string, value: string): string {
  return matching(SUBDOMAIN, 253, prop, value, 'the name of an object has 1..253 characters of a-z, 0-9, "-" and ".", and starts and ends with a letter or a digit');
}

/** The key of a label: a name, with or without a DNS name and "/" in front. */
export function labelKey(prop: string, value: string): string {
  const parts = typeof value === 'string' ? value.split('/') : [];
  const name = parts[parts.length - 1] ?? '';
  const prefix = parts.length === 2 ? parts[0] : undefined;
  if (parts.length <= 2 && LABEL_VALUE.test(name) && (prefix === undefined || (prefix.length <= 253 && SUBDOMAIN.test(prefix)))) {
    return value;
  }
  throw refuse(prop, value, 'the key of a label is "name" or "dns.name/name", such as "cluster.k8s/egress"; the name has 1..63 characters of A-Z, a-z, 0-9 and . _ -');
}

/** The value of a label. */
export function labelValue(prop: string, value: string): string {
  return matching(LABEL_VALUE, 63, prop, value, 'the value of a label has 1..63 characters of A-Z, a-z, 0-9 and . _ -, and starts and ends with a letter or a digit');
}

/** A key of a ConfigMap or Secret. */
export function dataKey(prop: string, value: string): string {
  if (typeof value === 'string' && /^[A-Za-z0-9._-]{1,253}$/.test(value) && !value.startsWith('..') && value !== '.') {
    return value;
  }
  throw refuse(prop, value, 'a key has 1..253 characters of A-Z, a-z, 0-9 and . _ -');
}

/** A container image. */
export interface Image {
  readonly reference: string;
  readonly tag?: string;
}

/** The reference of a container image. */
export function imageReference(prop: string, value: string): Image {
  const match = typeof value === 'string'
    ? /^((?:[A-Za-z0-9.-]+(?::\d+)?\/)?[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*)(?::([A-Za-z0-9_][A-Za-z0-9._-]{0,127}))?(?:@sha256:[a-f0-9]{64})?$/.exec(value)
    : null;
  if (!match) {
    throw refuse(prop, value, 'an image is "name", "name:tag" or "registry/path/name:tag", such as "mirror.cluster.k8s/library/nginx:1.30"');
  }
  return { reference: value, tag: match[2] };
}

/** The value, when it is text of the pattern and not too long. */
function matching(pattern: RegExp, longest: number, prop: string, value: string, reason: string): string {
  if (typeof value === 'string' && value.length <= longest && pattern.test(value)) {
    return value;
  }
  throw refuse(prop, value, reason);
}
