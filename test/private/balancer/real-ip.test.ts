import { renderRealIp } from '../../../lib/private/balancer/real-ip';
import { print } from '../../../lib/private/nginx/print';
import { blocks, linesOf } from '../../support/nginx-text';

const RANGES = ['10.10.30.0/24', '2001:db8::/32'];

test('with PROXY protocol the address comes from it alone, and no header is believed', () => {
  const text = print(renderRealIp({ ranges: RANGES, proxyProtocol: true }));

  expect(linesOf(text).filter(Boolean)).toEqual(['set_real_ip_from 10.10.30.0/24;', 'set_real_ip_from 2001:db8::/32;', 'real_ip_header proxy_protocol;']);
});

describe('without PROXY protocol', () => {
  const text = print(renderRealIp({ ranges: RANGES, proxyProtocol: false }));
  const map = (target: string) => blocks(text, 'map').find(([head]) => head.endsWith(` $${target} {`));

  test('the address comes from X-Forwarded-For: the last one that is none of the proxies', () => {
    expect(linesOf(text).slice(0, 4)).toEqual([
      'set_real_ip_from 10.10.30.0/24;', 'set_real_ip_from 2001:db8::/32;', 'real_ip_header X-Forwarded-For;', 'real_ip_recursive on;',
    ]);
  });

  test('who sent the request, and not who it was sent for, decides whether headers are believed', () => {
    expect(blocks(text, 'geo')).toEqual([['geo $realip_remote_addr $gatehouse_trusted {', 'default 0;', '10.10.30.0/24 1;', '2001:db8::/32 1;', '}']]);
  });

  test('the chain of a trusted proxy is continued with the client, and anybody else\'s is thrown away', () => {
    expect(map('gatehouse_forwarded_for')).toEqual([
      'map $gatehouse_trusted $gatehouse_forwarded_for {', '1 $proxy_add_x_forwarded_for;', 'default $remote_addr;', '}',
    ]);
  });

  test.each([['host', 'host'], ['port', 'server_port'], ['proto', 'scheme']])('X-Forwarded-%s is passed on from a trusted proxy that says it, else it is $%s', (header, own) => {
    expect(map(`gatehouse_said_${header}`)).toEqual([`map $gatehouse_trusted $gatehouse_said_${header} {`, `1 $http_x_forwarded_${header};`, 'default "";', '}']);
    expect(map(`gatehouse_forwarded_${header}`)).toEqual([
      `map $gatehouse_said_${header} $gatehouse_forwarded_${header} {`, `"" $${own};`, `default $gatehouse_said_${header};`, '}',
    ]);
  });
});
