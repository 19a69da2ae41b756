import * as grammar from '../../../lib/private/kubernetes/grammar';

const NO_STRINGS = [undefined, null, 80, {}] as unknown as string[];

describe('the name of a Service', () => {
  const check = (value: string) => grammar.serviceName('name', value);

  test.each(['a', 'dashboard', 'a-1', 'a'.repeat(63)])('can be %s', (value) => {
    expect(check(value)).toBe(value);
  });

  test.each(['', '1a', '-a', 'a-', 'A', 'a.b', 'a_b', 'a b', 'a'.repeat(64), ...NO_STRINGS])('cannot be %j', (value) => {
    expect(() => check(value))
      .toThrow('the name of a Service has 1..63 characters of a-z, 0-9 and "-", starts with a letter and ends with a letter or a digit');
  });
});

describe('the name of a Deployment', () => {
  const check = (value: string) => grammar.deploymentName('name', value);

  test.each(['a', '1a', 'egress', 'a'.repeat(40)])('can be %s', (value) => {
    expect(check(value)).toBe(value);
  });

  test.each(['', '-a', 'a-', 'Egress', 'a.b', 'a'.repeat(41), ...NO_STRINGS])('cannot be %j', (value) => {
    expect(() => check(value)).toThrow(
      'the name has 1..40 characters of a-z, 0-9 and "-", and starts and ends with a letter or a digit; without \'name\' it is the construct\'s id');
  });
});

describe('the name of an object', () => {
  const check = (value: string) => grammar.objectName('configMap', value);

  test.each(['a', 'root-ca', '1.b', 'a'.repeat(253)])('can be %s', (value) => {
    expect(check(value)).toBe(value);
  });

  test.each(['', '-a', 'a-', 'A', '..', '../a', 'a_b', 'a b', 'a$b', 'a'.repeat(254), ...NO_STRINGS])('cannot be %j', (value) => {
    expect(() => check(value))
      .toThrow('the name of an object has 1..253 characters of a-z, 0-9, "-" and ".", and starts and ends with a letter or a digit');
  });
});

describe('the key of a label', () => {
  const check = (value: string) => grammar.labelKey('labelKey', value);

  test.each(['a', 'cluster.k8s/egress', 'A_b.c-d', `${'a'.repeat(253)}/b`, `a/${'b'.repeat(63)}`])('can be %s', (value) => {
    expect(check(value)).toBe(value);
  });

  test.each(['', '/', 'a/', '/a', 'a/b/c', 'A/b', 'a b', '-a', 'a-', 'a'.repeat(64), `${'a'.repeat(254)}/b`, 'a..b/c', ...NO_STRINGS])('cannot be %j', (value) => {
    expect(() => check(value)).toThrow(
      'the key of a label is "name" or "dns.name/name", such as "cluster.k8s/egress"; the name has 1..63 characters of A-Z, a-z, 0-9 and . _ -');
  });
});

describe('the value of a label', () => {
  const check = (value: string) => grammar.labelValue('labelValue', value);

  test.each(['enabled', 'true', '1', 'A_b.c-d', 'a'.repeat(63)])('can be %s', (value) => {
    expect(check(value)).toBe(value);
  });

  test.each(['', '-a', 'a-', 'a b', 'a/b', 'a'.repeat(64), true as unknown as string, ...NO_STRINGS])('cannot be %j', (value) => {
    expect(() => check(value))
      .toThrow('the value of a label has 1..63 characters of A-Z, a-z, 0-9 and . _ -, and starts and ends with a letter or a digit');
  });
});

describe('a key of a ConfigMap or Secret', () => {
  const check = (value: string) => grammar.dataKey('key', value);

  test.each(['ca.crt', 'A_b-c', '.a', 'a'.repeat(253)])('can be %s', (value) => {
    expect(check(value)).toBe(value);
  });

  test.each(['', '.', '..', '..data', 'a/b', 'a b', 'a'.repeat(254), ...NO_STRINGS])('cannot be %j', (value) => {
    expect(() => check(value)).toThrow('a key has 1..253 characters of A-Z, a-z, 0-9 and . _ -');
  });
});

describe('an image', () => {
  const check = (value: string) => grammar.imageReference('image', value);
  const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`;

  test.each([
    ['nginx', undefined],
    ['nginx:1.30', '1.30'],
    ['library/nginx:1.30.4-alpine', '1.30.4-alpine'],
    ['mirror.cluster.k8s/library/nginx:1.30', '1.30'],
    ['mirror.cluster.k8s:5000/nginx:1.30', '1.30'],
    ['localhost:5000/nginx', undefined],
    [`nginx@${DIGEST}`, undefined],
    [`nginx:1.30@${DIGEST}`, '1.30'],
    ['a_b/c__d/e--f.g:latest', 'latest'],
  ])('can be %s, with the tag %s', (reference, tag) => {
    expect(check(reference)).toEqual({ reference, tag });
  });

  test.each(['', 'NGINX', 'nginx:', 'nginx:1.30 ', 'ng inx', 'nginx:1.30\n', 'https://mirror/nginx', '/nginx', 'nginx@sha256:abc', 'a//b', `nginx:${'1'.repeat(129)}`, ...NO_STRINGS])(
    'cannot be %j', (value) => {
      expect(() => check(value))
        .toThrow('an image is "name", "name:tag" or "registry/path/name:tag", such as "mirror.cluster.k8s/library/nginx:1.30"');
    });
});
