import { Chart, Testing } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { Cluster } from './cluster';
import { bashTools, busyboxTools, dashTools } from './images';
import { newCluster, newProxy, run, Running, system, to } from './site';
import { HeaderValue } from '../../../lib';
import { HttpBackend } from '../support/backends';
import { received, request, Response } from '../support/client';

/** The value of a header as it arrived, as bytes in latin1; several values are an error. */
function valueOf(response: Response, header: string): string | undefined {
  const values = received(response).headers.filter(([name]) => name.toLowerCase() === header.toLowerCase()).map(([, value]) => value);
  expect(values.length).toBeLessThan(2);
  return values[0];
}

function secretValue(chart: Chart, secret: string, key: string): HeaderValue {
  const id = `${secret}-${chart.node.children.length}`;
  return HeaderValue.fromSecretValue({ secret: kplus.Secret.fromSecretName(chart, id, secret), key });
}

describe('headers that are said in the program', () => {
  let running: Running;

  beforeAll(async () => {
    running = await run(async (cluster, proxy) => {
      await system(cluster, 1, { behaviours: { '/large': { headers: [['X-Large', 'r'.repeat(16_000)]] } } });
      const route = proxy.addRoute('one', { ...to(cluster, 1), headers: { 'X-Literal': '$host ${x} "quoted" \\ back', 'User-Agent': 'ours' } });
      route.setHeader('X-Text', HeaderValue.of('two words'));
      route.setHeader('X-Real-IP', HeaderValue.of('192.0.2.1'));
      route.removeHeader('Cookie');
      route.removeHeader('X-Absent');
      proxy.addRoute('forwarding', { ...to(cluster, 1), forwardClientHeaders: true });
    });
  });

  test('are set, replace what the client sends, and are removed', async () => {
    const sent = [['User-Agent', 'theirs'], ['Cookie', 'a=1'], ['X-Text', 'forged'], ['x-literal', 'forged'], ['X-Other', 'kept']] as const;
    const answer = await running.ask('one', { headers: sent });
    expect(valueOf(answer, 'X-Literal')).toBe('$host ${x} "quoted" \\ back');
    expect(valueOf(answer, 'User-Agent')).toBe('ours');
    expect(valueOf(answer, 'X-Text')).toBe('two words');
    expect(valueOf(answer, 'X-Real-IP')).toBe('192.0.2.1');
    expect(valueOf(answer, 'Cookie')).toBeUndefined();
    expect(valueOf(answer, 'X-Other')).toBe('kept');
    expect(valueOf(answer, 'X-Forwarded-For')).toBeUndefined();
  });

  test('about the client are passed on where that is wanted, with its address appended', async () => {
    const sent = [['X-Forwarded-For', '10.0.0.7'], ['X-Real-IP', '10.0.0.7'], ['X-Forwarded-Proto', 'https'], ['X-Forwarded-Host', 'shop.test'],
      ['Forwarded', 'for=10.0.0.7']] as const;
    const answer = await running.ask('forwarding', { headers: sent });
    const client = running.cluster.network.address(1);
    expect(valueOf(answer, 'X-Forwarded-For')).toBe(`10.0.0.7, ${client}`);
    sent.slice(1).forEach(([name, value]) => expect(valueOf(answer, name)).toBe(value));
    expect(valueOf(await running.ask('forwarding'), 'X-Forwarded-For')).toBe(client);
    expect(valueOf(await running.ask('forwarding', { headers: [['Proxy', 'http://evil.test']] }), 'Proxy')).toBeUndefined();
  });

  test('of 16 KB pass both ways', async () => {
    const large = 'q'.repeat(16_000);
    const answer = await running.ask('one', { path: '/large', headers: [['Authorization', large], ['X-More', large], ['X-Third', large]] });
    expect(answer.headers['x-large']).toHaveLength(16_000);
    expect(valueOf(answer, 'Authorization')).toBe(large);
    expect(valueOf(answer, 'X-Third')).toBe(large);
  });
});

const PRINTABLE = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)).join('').trim();
const SECRETS: Record<string, Buffer> = {
  'printable': Buffer.from(PRINTABLE),
  'newline': Buffer.from('token-with-a-newline\n'),
  'dollar': Buffer.from('$'),
  'variable': Buffer.from('${x}$host$$\\$"${gatehouse_dollar}'),
  'backslash': Buffer.from('\\'),
  'backslashes': Buffer.from('\\n\\t\\"\\\\'),
  'quotes': Buffer.from('"\'"; } server { listen 9999; } #'),
  'unicode': Buffer.from('grün ✓ 鍵'),
  'bytes': Buffer.from(Array.from({ length: 128 }, (_, i) => 128 + i)),
  'dash': Buffer.from('-n -e %s %d \\c'),
  'glob': Buffer.from('* ? [a] ~ `id` $(id) & && | ;'),
  'long': Buffer.from('x'.repeat(4000)),
  'key.with_all-kinds': Buffer.from('v'),
};
const EXPECTED = Object.fromEntries(Object.entries(SECRETS).map(([key, value]) => [key, value.toString('latin1').replace(/\n$/, '')]));

describe.each([['dash', dashTools], ['bash', bashTools], ['busybox', busyboxTools]])('headers from Secrets, in an image whose shell is %s', (name, find) => {
  const tools = find();
  const testHere = tools === undefined ? test.skip : test;

  let cluster: Cluster;

  beforeAll(async () => {
    cluster = await newCluster({ tools });
    await system(cluster, 1);
  });

  const start = (secrets: Record<string, Buffer | string>): Promise<Running> => {
    cluster.secret('partner', secrets);
    return run((_, proxy, chart) => {
      const route = proxy.addRoute('one', to(cluster, 1));
      Object.keys(secrets).forEach((key) => route.setHeader(`X-${key.replace('.', '-')}`, secretValue(chart, 'partner', key)));
      proxy.addRoute('two', to(cluster, 1)).setHeader('Authorization', secretValue(chart, 'partner', Object.keys(secrets)[0]));
      proxy.addRoute('plain', to(cluster, 1));
    }, { cluster });
  };

  testHere('arrive byte for byte, without the line break that files have', async () => {
    const { ask, pod } = await start(SECRETS);
    const answer = await ask('one', { headers: [['X-Dollar', 'forged']] });
    expect(Object.fromEntries(Object.keys(SECRETS).map((key) => [key, valueOf(answer, `X-${key.replace('.', '-')}`)]))).toEqual(EXPECTED);
    expect(valueOf(await ask('two'), 'Authorization')).toBe(PRINTABLE);
    expect(valueOf(await ask('plain', { headers: [['Authorization', 'mine']] }), 'Authorization')).toBe('mine');
    expect(pod.stderr + pod.initLog).toBe('');
  });

  testHere.each([
    ['empty', '', 'it is empty'],
    ['a line break only', '\n', 'it is empty'],
    ['a tab', 'a\tb', 'it has a control character or more than one line'],
    ['a NUL', 'a\0b', 'it has a control character or more than one line'],
    ['DEL', 'a\x7f', 'it has a control character or more than one line'],
    ['an escape', '\x1b', 'it has a control character or more than one line'],
    ['two lines', 'a\nX-Evil: 1', 'it has a control character or more than one line'],
    ['two line breaks', 'a\n\n', 'it has a control character or more than one line'],
    ['a line break of Windows', 'a\r\n', 'it has a control character or more than one line'],
    ['a line break in front', '\na', 'it has a control character or more than one line'],
    ['a space at its end', 'a ', 'it starts or ends with a space'],
    ['a space in front', ' a\n', 'it starts or ends with a space'],
    ['more than fits', 'x'.repeat(4001), 'it is too long'],
    ['more than fits, since it must be escaped', '$'.repeat(220), 'it is too long'],
  ])('keep the pod from starting when the value is unfit: %s', async (_, value, reason) => {
    await expect(start({ good: 'x', token: value }))
      .rejects.toThrow(`key 'token' of Secret 'partner' cannot be the value of header X-token of route one: ${reason}\n`);
  });

  afterAll(() => {
    if (tools === undefined) {
      process.stderr.write(`skipped: this machine has no ${name}\n`);
    }
  });
});

describe('a Secret', () => {
  let cluster: Cluster;
  let backend: HttpBackend;
  let chart: Chart;
  let portOf: (route: string) => number;

  beforeAll(async () => {
    cluster = await newCluster();
    backend = await system(cluster, 1);
    const made = newProxy(cluster);
    ({ chart } = made);
    made.proxy.addRoute('one', to(cluster, 1)).setHeader('Authorization', secretValue(chart, 'partner', 'token'));
    cluster.apply(chart);
    cluster.secret('partner', { token: 'Bearer first', other: 'not asked for' });
    portOf = cluster.portsOf(made.proxy);
  });

  test('is read at the start of a pod: it changes with the next rollout, and not when nginx is started again', async () => {
    const first = await cluster.startPod();
    const ask = async (): Promise<string | undefined> => valueOf(await request({ address: cluster.pods[0].address, port: portOf('one') }), 'Authorization');
    expect(await ask()).toBe('Bearer first');

    cluster.secret('partner', { token: 'Bearer second\n' });
    await first.restart();
    await first.ready();
    expect(await ask()).toBe('Bearer first');
    await cluster.rollOut({ preStopSeconds: 0, endpointsMs: 0 });
    expect(await ask()).toBe('Bearer second');
    expect(backend.requests).toHaveLength(3);
  });

  test('is neither in a ConfigMap nor in what starts the pod, and only nginx can read it', async () => {
    expect(JSON.stringify(Testing.synth(chart))).not.toMatch(/Bearer/);
    const [pod] = cluster.pods;
    const { output } = await pod.exec('/bin/sh', '-c', 'grep -rlE "Bearer|not asked" /etc/gatehouse /tmp /proc/1/environ /proc/1/cmdline; stat -c "%a %U" /etc/gatehouse/headers/one.conf');
    expect(output).toBe('/etc/gatehouse/headers/one.conf\n600 nginx\n');
    expect((await pod.exec('ls', '/etc/gatehouse')).output).toBe('headers\nnginx\n');
    expect((await pod.exec('touch', '/etc/gatehouse/headers/x')).code).not.toBe(0);
  });
});
