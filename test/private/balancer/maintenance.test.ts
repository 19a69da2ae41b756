import { Duration } from 'cdk8s';
import { MaintenancePage } from '../../../lib';
import { checkBypass, checkMaintenance } from '../../../lib/private/balancer/maintenance';

const check = (page: MaintenancePage) => checkMaintenance('app', page);

test('a page is a plain one that asks to come back in ten minutes', () => {
  const { name, html, retryAfter } = check({});

  expect([name, retryAfter]).toEqual(['app_maintenance', 600]);
  expect(html).toContain('<h1>Maintenance</h1>');
});

test('text and time are those that are given', () => {
  expect(check({ html: '<p>\n\tcosts 3 $\r\n</p>', retryAfter: Duration.hours(2) })).toEqual({ name: 'app_maintenance', html: '<p>\n\tcosts 3 $\r\n</p>', retryAfter: 7200 });
});

test.each([['', '0 bytes'], ['ä'.repeat(2001), '4002 bytes'], [5 as unknown as string, '0 bytes']])('a page has 1 to 4,000 bytes', (html, bytes) => {
  expect(() => check({ html })).toThrow(`'maintenancePage.html' is "${bytes}": a page has 1..4000 bytes`);
});

test('4,000 bytes are enough', () => {
  expect(check({ html: 'ä'.repeat(2000) }).html).toHaveLength(2000);
});

test.each(['a\u0000', '\u001b[0m', '\u007f', '\ud83e'])('a page has no control character: %j', (html) => {
  expect(() => check({ html })).toThrow(`'maintenancePage.html' is ${JSON.stringify(html)}: a page has no control characters but line breaks and tabs`);
});

test.each([[Duration.seconds(0), '0 s'], [Duration.millis(1500), '1.5 s']])('the time is whole seconds', (retryAfter, shown) => {
  expect(() => check({ retryAfter })).toThrow(`'maintenancePage.retryAfter' is "${shown}": a whole number of seconds above 0 is expected`);
});

describe('those who get past the page', () => {
  test('are nobody, or those that are given', () => {
    expect(checkBypass({})).toEqual([]);
    expect(checkBypass({ bypass: ['10.0.0.0/8'] })).toEqual(['10.0.0.0/8']);
  });

  test('are addresses', () => {
    expect(() => checkBypass({ bypass: [] })).toThrow('\'maintenancePage.bypass\' is []: at least one range of addresses is needed; leave it out for everybody');
    expect(() => checkBypass({ bypass: ['office'] })).toThrow('\'maintenancePage.bypass[0]\' is "office": a range of addresses is expected');
  });
});
