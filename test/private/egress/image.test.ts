import { versionInTag } from '../../../lib/private/egress/image';

test.each([
  ['1.30', '1.30'],
  ['1.24.0', '1.24.0'],
  ['1.30.4-alpine', '1.30.4'],
  ['1.30-alpine3.20', '1.30'],
  ['v1.30', '1.30'],
  ['1.29.8_1', '1.29.8'],
])('the tag %s names version %s', (tag, version) => {
  expect(versionInTag(tag)).toBe(version);
});

test.each([undefined, '', 'latest', 'stable', 'alpine3.20', '1', 'mainline-1.30', 'x1.30', '1.30.4.5', '1.30.', '2024.11'])('the tag %s names no version', (tag) => {
  expect(versionInTag(tag)).toBeUndefined();
});
