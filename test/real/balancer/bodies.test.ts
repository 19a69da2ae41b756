import { createHash, randomBytes } from 'node:crypto';
import { Size } from 'cdk8s';
import { LoopbackSite, pause } from './site';
import { Backend, EnvironmentEntry, ManagementEntry } from '../../../lib';
import { Connection, raw, received } from '../support/client';
import { until } from '../support/nginx-process';
import { TcpBackend } from '../support/tcp-backend';

const site = new LoopbackSite(5);
let machine: TcpBackend;

beforeAll(async () => {
  await site.nodes();
  machine = await TcpBackend.start({ address: site.at(30), port: 80, echo: false });
  const backend = Backend.machines([{ name: 'machine', address: site.at(30) }]);
  await site.serve((chart, balancer) => {
    new EnvironmentEntry(chart, 'prod', { balancer, environment: 'prod', domains: ['large.example'], maxBodySize: Size.gibibytes(1) });
    new EnvironmentEntry(chart, 'pre', { balancer, environment: 'pre', domains: ['small.example'], maxBodySize: Size.kibibytes(64) });
    new EnvironmentEntry(chart, 'dev', { balancer, environment: 'dev', domains: ['usual.example'] });
    new ManagementEntry(chart, 'through', { balancer, domains: ['through.example'], backend, requestBuffering: false });
    new ManagementEntry(chart, 'whole', { balancer, domains: ['whole.example'], backend });
  });
});

test('20 MB arrive byte for byte where 1 GiB is the limit', async () => {
  const body = randomBytes(20_000_000);

  expect(received(await site.request({ host: 'large.example', method: 'PUT', body }))).toMatchObject({
    method: 'PUT', bodyLength: body.length, sha256: createHash('sha256').update(body).digest('hex'),
  });
});

test.each([
  ['with its length', false],
  ['in chunks', true],
])('a body %s of exactly the limit arrives, and one byte more is 413', async (_, chunked) => {
  const send = (length: number) => site.request({ host: 'small.example', method: 'POST', body: Buffer.alloc(length, 'x'), chunked });

  expect(received(await send(65_536)).bodyLength).toBe(65_536);
  expect((await send(65_537)).status).toBe(413);
});

test('without a limit of its own an entry lets 16 MiB through', async () => {
  const announced = (length: number) =>
    raw(site.address, 80, `POST / HTTP/1.1\r\nHost: usual.example\r\nContent-Length: ${length}\r\n\r\n`, { quietMs: 400 });

  const [above, exactly] = await Promise.all([announced(16 * 1024 * 1024 + 1), announced(16 * 1024 * 1024)]);

  expect(above).toMatch(/^HTTP\/1\.1 413 /);
  expect(exactly).toBe('');
});

test('without buffering the backend sees the first byte before the upload ends, and with it the whole', async () => {
  const upload = async (host: string, first: string) => {
    const connection = await Connection.open({ address: site.address, port: 80 });
    connection.write(`POST / HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 1000\r\n\r\n${first}`);
    return connection;
  };
  const arrived = (text: string) => machine.received.some((bytes) => bytes.includes(text));

  const [through, whole] = [await upload('through.example', 'first-through'), await upload('whole.example', 'first-whole')];
  await until(() => arrived('first-through'), 2000, 'the first bytes');
  await pause(200);
  expect(arrived('first-whole')).toBe(false);
  whole.write('x'.repeat(1000 - 'first-whole'.length));
  await until(() => arrived('first-whole'), 2000, 'the whole body');
  through.close();
  whole.close();
});
