import { controllerSettings } from '../../../lib/private/balancer/controller';

const FACTS = { addresses: ['10.10.20.2', '2001:db8::2'], maxBodySize: 1024 * 1024 };

test('ingress-nginx believes the forwarded headers of the addresses, and takes as large a body', () => {
  expect(controllerSettings('ingress-nginx', FACTS)).toEqual({
    name: 'ingress-nginx-controller',
    data: { 'use-forwarded-headers': 'true', 'proxy-real-ip-cidr': '10.10.20.2/32,2001:db8::2/128', 'proxy-body-size': '1024m' },
  });
});

test('ingress-nginx keeps its own body size when nothing is sent there', () => {
  expect(controllerSettings('ingress-nginx', { addresses: ['10.10.20.2'] })?.data).toEqual({ 'use-forwarded-headers': 'true', 'proxy-real-ip-cidr': '10.10.20.2/32' });
});

test('Traefik believes the forwarded headers of the addresses, in the values of its chart; it has no largest body', () => {
  expect(controllerSettings('traefik', FACTS)).toEqual({
    name: 'traefik-gatehouse-values',
    data: { 'values.yaml': 'ports:\n  web:\n    forwardedHeaders:\n      trustedIPs:\n        - 10.10.20.2/32\n        - 2001:db8::2/128\n' },
  });
});

test('nobody knows the settings of a controller that may be any', () => {
  expect(controllerSettings('generic', FACTS)).toBeUndefined();
});
