import { Duration } from 'cdk8s';
import { environment, LoopbackSite } from './site';
import { RetryPolicy } from '../../../lib';
import { HttpBackend } from '../support/backends';

/* What one application does wrong is no other's trouble. */

const site = new LoopbackSite(6);

beforeAll(async () => {
  await site.nodes({ behaviours: { '/slow': { silent: true }, '/large-headers': { headers: [['X-Large', 'x'.repeat(40_000)]] } } });
  await site.serve((chart, balancer) => {
    for (const name of ['prod', 'pre']) {
      environment(name, { readTimeout: Duration.millis(600) })(chart, balancer);
    }
  });
});

test.each([['is too slow', '/slow', 504], ['answers with headers that are too large', '/large-headers', 502]])(
  'an application that %s takes neither its own other requests nor another environment down', async (_, path, expected) => {
    const wrong = await Promise.all(Array.from({ length: 12 }, () => site.request({ host: 'prod.example', path })));
    const right = await Promise.all(Array.from({ length: 20 }, (__, i) => site.request({ host: i % 2 ? 'prod.example' : 'pre.example' })));

    expect(new Set(wrong.map(({ status }) => status))).toEqual(new Set([expected]));
    expect(right.map(({ status }) => status)).toEqual(Array(20).fill(200));
  });

test('a slow GET is not asked for twice', async () => {
  const own = new LoopbackSite(16);
  const nodes: HttpBackend[] = await own.nodes({ behaviours: { '/slow': { silent: true } } });
  await own.serve(environment('prod', { connectTimeout: Duration.millis(400), readTimeout: Duration.millis(900) }));

  expect((await own.request({ host: 'prod.example', path: '/slow' })).status).toBe(504);
  expect(nodes.map(({ requests }) => requests.length).sort()).toEqual([0, 1]);
});

test.each([
  ['as a rule a GET is sent to the other node, a POST is not', RetryPolicy.IDEMPOTENT, [2, 1]],
  ['with ALL both are', RetryPolicy.ALL, [2, 2]],
  ['with NEVER none is', RetryPolicy.NEVER, [1, 1]],
])('%s', async (_, retry, expected) => {
  const own = new LoopbackSite({ [RetryPolicy.IDEMPOTENT]: 45, [RetryPolicy.ALL]: 46, [RetryPolicy.NEVER]: 47 }[retry]);
  const nodes: HttpBackend[] = await own.nodes({ behaviours: { '*': { abort: 'reset' } } });
  await own.serve(environment('prod', { retry }));
  const sent = async (method: string) => {
    const before = nodes[0].requests.length + nodes[1].requests.length;
    expect((await own.request({ host: 'prod.example', method })).status).toBe(502);
    return nodes[0].requests.length + nodes[1].requests.length - before;
  };

  expect([await sent('GET'), await sent('POST')]).toEqual(expected);
});
