import { k8s } from 'cdk8s-plus-28';
import { withoutEmpty } from '../../../lib/private/kubernetes/without-empty';

test('empty lists and maps are left out, also those that become empty', () => {
  expect(withoutEmpty({ tolerations: [], nodeSelector: {}, affinity: { nodeAffinity: { required: [] } }, name: 'a' })).toEqual({ name: 'a' });
});

test('false is left out where the API server drops it, and stays elsewhere', () => {
  expect(withoutEmpty({ hostNetwork: false, readOnly: false, setHostnameAsFqdn: false, automountServiceAccountToken: false }))
    .toEqual({ automountServiceAccountToken: false });
  expect(withoutEmpty({ hostNetwork: true })).toEqual({ hostNetwork: true });
});

test('an empty map stays where it says something', () => {
  expect(withoutEmpty({ volumes: [{ name: 'run', emptyDir: {} }], podSelector: {} })).toEqual({ volumes: [{ name: 'run', emptyDir: {} }], podSelector: {} });
});

test('an element of a list stays, even when it is empty', () => {
  expect(withoutEmpty({ from: [{}, { a: [] }] })).toEqual({ from: [{}, { a: [] }] });
});

test('0 and an empty text are kept, what is not given is not', () => {
  expect(withoutEmpty({ zero: 0, text: '', nothing: undefined })).toStrictEqual({ zero: 0, text: '' });
});

test('objects of a class are values', () => {
  const quantity = k8s.Quantity.fromString('1Gi');

  expect(withoutEmpty({ limits: { memory: quantity } }).limits.memory).toBe(quantity);
});

test('what is empty as a whole is an empty map, and the original stays as it was', () => {
  const original = { a: { b: [] } };

  expect(withoutEmpty(original)).toEqual({});
  expect(original).toEqual({ a: { b: [] } });
});
