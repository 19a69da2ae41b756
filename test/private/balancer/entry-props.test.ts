import { Duration } from 'cdk8s';
import { EntryProps, RateLimit, ServerTls } from '../../../lib';
import { allowedAddresses, checkDomains, clientRate, responseHeadersOf, withoutUndefined } from '../../../lib/private/balancer/entry-props';
import { newBalancer, newChart } from '../../support/constructs';

const balancer = newBalancer(newChart());
const TLS = ServerTls.fromFiles('/etc/ssl/a.pem', '/etc/ssl/a.key');

describe('the names of an entry', () => {
  const check = (props: Omit<EntryProps, 'balancer'>) => checkDomains({ balancer, ...props });

  test('are its domains, and then all sub-domains of the wildcard ones', () => {
    expect(check({ domains: ['b.example', '10.10.20.2'], wildcardDomains: ['a.example', 'b.example'] })).toEqual(['b.example', '10.10.20.2', '*.a.example', '*.b.example']);
    expect(check({ wildcardDomains: ['a.example'] })).toEqual(['*.a.example']);
    expect(check({ defaultServer: true })).toEqual([]);
  });

  test('are at least one, unless all others come here too', () => {
    expect(() => check({ domains: [], wildcardDomains: [] })).toThrow(
      '\'domains\' is []: at least one name is needed, or \'defaultServer: true\' for all names that no other entry has');
  });

  test.each([
    [{ domains: 'a.example' as unknown as string[] }, '\'domains\' is "a.example": a list is expected'],
    [{ wildcardDomains: 'a.example' as unknown as string[] }, '\'wildcardDomains\' is "a.example": a list is expected'],
    [{ domains: ['a.example', 'a.example'] }, '\'domains[1]\' is "a.example": domains[0] is the same'],
    [{ wildcardDomains: ['a.example', 'b.example', 'a.example'] }, '\'wildcardDomains[2]\' is "*.a.example": wildcardDomains[0] is the same'],
    [{ domains: ['*.a.example'] }, 'a domain with all its sub-domains belongs into \'wildcardDomains\', without "*."'],
    [{ wildcardDomains: ['*.a.example'] }, '\'wildcardDomains[0]\' is "*.a.example": a DNS name has labels'],
    [{ wildcardDomains: ['10.10.20.2'] }, '\'wildcardDomains[0]\' is "10.10.20.2": a DNS name has labels'],
    [{ domains: ['a.example', '10.10.20.2'], tls: TLS },
      '\'domains[1]\' is "10.10.20.2": with TLS a client that asks for an address sends no name: make the entry the \'defaultServer\' of its port'],
  ])('cannot be %j', (props, reason) => {
    expect(() => check(props)).toThrow(reason);
  });
});

describe('the addresses that are let through', () => {
  test.each([
    [{}, undefined],
    [{ allowFrom: ['10.0.0.0/8'] }, ['10.0.0.0/8']],
    [{ maintenancePage: {} }, []],
    [{ maintenancePage: { bypass: ['10.1.0.0/16'] } }, ['10.1.0.0/16']],
    [{ allowFrom: ['10.0.0.0/8'], maintenancePage: {} }, []],
    [{ allowFrom: ['10.0.0.0/8'], maintenancePage: { bypass: ['10.1.0.0/16', '192.0.2.7'] } }, ['10.1.0.0/16']],
  ])('with %j are %j', (props, addresses) => {
    expect(allowedAddresses(props)).toEqual(addresses);
  });

  test('are addresses', () => {
    expect(() => allowedAddresses({ allowFrom: [] })).toThrow('\'allowFrom\' is []: at least one range of addresses is needed; leave it out for everybody');
    expect(() => allowedAddresses({ allowFrom: ['office'] })).toThrow('\'allowFrom[0]\' is "office": a range of addresses is expected');
  });
});

describe('the response headers', () => {
  const tls = ServerTls.fromFiles('/etc/ssl/a.pem', '/etc/ssl/a.key', { hsts: Duration.days(1) });

  test('are those of the entry, after the one of HSTS', () => {
    expect(responseHeadersOf({ balancer, tls, responseHeaders: { 'X-A': 'a' } })).toEqual([{ name: 'Strict-Transport-Security', value: 'max-age=86400' }, { name: 'X-A', value: 'a' }]);
    expect(responseHeadersOf({ balancer, tls: TLS })).toEqual([]);
  });

  test('say HSTS once', () => {
    const responseHeaders = { 'strict-transport-security': 'max-age=1' };

    expect(() => responseHeadersOf({ balancer, tls, responseHeaders })).toThrow(
      '\'responseHeaders\' is "Strict-Transport-Security": \'hsts\' of \'tls\' sets it already: leave one of them out');
    expect(() => responseHeadersOf({ balancer, tls: TLS, responseHeaders })).not.toThrow();
  });
});

test.each([
  [RateLimit.perSecond(10), { rate: '10r/s', burst: 0 }],
  [RateLimit.perMinute(120, { burst: 5 }), { rate: '2r/s', burst: 5 }],
  [RateLimit.perMinute(90), { rate: '90r/m', burst: 0 }],
])('a rate is written in whole requests', (rate, written) => {
  expect(clientRate(rate)).toEqual(written);
});

test('an option that is there with no value is one that is not given', () => {
  expect(withoutUndefined({ a: 1, b: undefined, c: false })).toEqual({ a: 1, c: false });
});
