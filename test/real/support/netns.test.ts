import { Network } from './netns';
import { Nginx } from './nginx-process';

test('machines with their own addresses; one of them drops out and comes back', async () => {
  const network = Network.create({ user: '10.10.20.100/16', lb: '10.10.20.2/16', node1: '10.10.20.21/16', svc: ['10.10.20.0/16', '10.10.20.5/16'] });
  const [user, lb, node1, svc] = ['user', 'lb', 'node1', 'svc'].map((name) => network.host(name));
  const backend = await node1.backend({ name: 'node1', port: 80, behaviours: { '/slow': { delayMs: 50 } } });
  await svc.backend({ name: 'svc', port: 80 });
  const text = `events {} http { proxy_connect_timeout 1s;
    server { listen 80; location / { proxy_pass http://10.10.20.21; } location /svc { proxy_pass http://10.10.20.0; } } }`;
  const server = await Nginx.start({ namespace: lb.namespace, files: { 'nginx.conf': text } });

  expect((await user.request({ address: lb.address, port: 80 })).body).toContain('"remoteAddress":"10.10.20.2"');
  expect((await user.request({ address: lb.address, port: 80, path: '/svc' })).body).toContain('"server":"svc"');
  expect((await backend.state()).requests).toHaveLength(1);
  expect(await user.load({ address: lb.address, port: 80, path: '/slow', rate: 50, seconds: 0.2 })).toMatchObject({ statuses: { 200: 10 } });

  node1.drop();
  const { status, timeMs } = await user.request({ address: lb.address, port: 80 });
  expect(status).toBe(504);
  expect(timeMs).toBeGreaterThan(950);
  expect(server.errorLog()).toContain('Connection timed out');
  node1.restore();
  expect((await user.request({ address: lb.address, port: 80 })).status).toBe(200);
  await backend.stop();
  expect((await user.request({ address: lb.address, port: 80 })).status).toBe(502);
});

test('a closed network leaves nothing behind', () => {
  const network = Network.create({ a: '10.1.0.1/24', b: '10.1.0.2/24' });
  const a = network.host('a');
  expect(a.exec('ip', '-o', '-4', 'address', 'show', 'eth0')).toContain('10.1.0.1/24');
  network.close();
  expect(() => a.exec('true')).toThrow('Cannot open network namespace');
});
