import { environment, LoopbackSite, pause } from './site';
import { AccessLogFormat } from '../../../lib';
import { Connection, raw } from '../support/client';

/* The log for programs; main-site.test.ts has the one for people. */

const site = new LoopbackSite(48);

test('every line is one JSON object, whatever clients send', async () => {
  await site.nodes({ behaviours: { '/slow': { delayMs: 300 } } });
  const server = await site.serve(environment('prod'), { props: { accessLogFormat: AccessLogFormat.JSON } });
  const agent = '"quoted\\" } \t \x80\xff {"a":1}';
  await site.request({ host: 'prod.example', path: '/a?b="c\\', headers: [['User-Agent', agent]], localAddress: site.at(100) });
  await raw(site.address, 80, 'nonsense\r\n\r\n', { quietMs: 50 });
  const leaving = await Connection.open({ address: site.address, port: 80 });
  leaving.write('GET /slow HTTP/1.1\r\nHost: prod.example\r\n\r\n');
  await pause(50);
  leaving.reset();

  await server.waitForLog('prod_access.log', '/slow');
  await server.waitForLog('access.log', '400');
  const lines = ['prod_access.log', 'access.log'].flatMap((name) => server.logs(name).split('\n')).filter(Boolean)
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines.find(({ uri }) => String(uri).startsWith('/a'))).toMatchObject({
    server: 'prod.example', client: site.at(100), host: 'prod.example', method: 'GET', uri: '/a?b="c\\', status: 200, target_status: '200',
    request_time: expect.any(Number) as number, request_id: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
  });
  expect(lines.find(({ uri }) => uri === '/slow')).toMatchObject({ status: 499 });
  expect(lines.find(({ status }) => status === 400)).toBeDefined();
});
