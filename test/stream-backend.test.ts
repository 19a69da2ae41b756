import { StreamBackend } from '../lib';
import { NODE1, NODE2 } from './support/constructs';

test('the ingress nodes are spoken to on a port, without being told who the client is', () => {
  expect(StreamBackend.ingress(443)).toMatchObject({ _port: 443, _sendProxyProtocol: false, _machines: undefined });
});

test('machines are spoken to on a port', () => {
  const backend = StreamBackend.machines([NODE1, NODE2], 6443, { sendProxyProtocol: true });

  expect(backend).toMatchObject({ _port: 6443, _sendProxyProtocol: true, _machines: [NODE1, NODE2] });
});

describe('refuses', () => {
  test.each([0, 65536, 1.5])('port %d', (port) => {
    expect(() => StreamBackend.ingress(port)).toThrow(`'port' is ${port}: the port must be 1..65535`);
    expect(() => StreamBackend.machines([NODE1], port)).toThrow(`'port' is ${port}: the port must be 1..65535`);
  });

  test('no machines', () => {
    expect(() => StreamBackend.machines([], 6443)).toThrow('\'machines\' is []: at least one node is needed');
  });

  test('a machine that is there twice', () => {
    expect(() => StreamBackend.machines([NODE1, { ...NODE1, name: 'other' }], 6443)).toThrow('\'machines[1].address\' is "10.10.20.21": machines[0] has it already');
    expect(() => StreamBackend.machines([NODE1, { ...NODE2, name: NODE1.name }], 6443)).toThrow('\'machines[1].name\' is "node1.cluster.k8s": machines[0] has it already');
  });

  test('a machine with an address that is none', () => {
    expect(() => StreamBackend.machines([{ name: 'node1', address: '10.10.20.21:6443' }], 6443)).toThrow(
      '\'machines[0].address\' is "10.10.20.21:6443": an IPv4 or IPv6 address without a port is expected, such as "10.10.20.21"');
  });
});
