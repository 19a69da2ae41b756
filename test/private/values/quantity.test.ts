import { bytesOf, millisOf, nginxBytesOf } from '../../../lib/private/values/quantity';

test.each([
  ['128Mi', 128 * 2 ** 20],
  ['1.5Gi', 1.5 * 2 ** 30],
  ['64Ki', 65_536],
  ['1Ti', 2 ** 40],
  ['128M', 128e6],
  ['500k', 500e3],
  ['2G', 2e9],
  ['1T', 1e12],
  ['134217728', 2 ** 27],
  ['0', 0],
])('%s of Kubernetes are %d bytes', (quantity, bytes) => {
  expect(bytesOf(quantity)).toBe(bytes);
});

test.each(['', '128mb', '128MB', '128m', '-1Mi', 'Mi', '1e6', '1 Mi', '1.Mi', '1K'])('%j is no amount of memory', (quantity) => {
  expect(bytesOf(quantity)).toBeUndefined();
});

test.each([
  ['500m', 500],
  ['1', 1000],
  ['0.5', 500],
  ['2.25', 2250],
  ['100.4m', 100],
  ['0', 0],
])('%s of Kubernetes is %d thousandths of a CPU', (quantity, millis) => {
  expect(millisOf(quantity)).toBe(millis);
});

test.each(['', '500k', '-1', '1 m', 'm', '1e3'])('%j is no amount of CPU', (quantity) => {
  expect(millisOf(quantity)).toBeUndefined();
});

test.each([
  ['1024m', 2 ** 30],
  ['16M', 16 * 2 ** 20],
  ['512k', 512 * 1024],
  ['1G', 2 ** 30],
  ['1500', 1500],
  ['0', 0],
])('%s of nginx are %d bytes', (size, bytes) => {
  expect(nginxBytesOf(size)).toBe(bytes);
});

test.each(['', '16mb', '1.5m', '-1', '16 m', '1t', '10Mi'])('%j is no size of nginx', (size) => {
  expect(nginxBytesOf(size)).toBeUndefined();
});
