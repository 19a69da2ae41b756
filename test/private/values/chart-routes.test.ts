import { Duration, Size } from 'cdk8s';
import { Scheme } from '../../../lib';
import { ChartRoute, readRoutes } from '../../../lib/private/values/chart-routes';
import { Item } from '../../../lib/private/values/reader';

interface Read {
  readonly routes: ChartRoute[];
  readonly findings: string[];
  readonly problems: string[];
}

/** The routers of a file, the first of which is on line 2. */
function read(...routers: string[]): Read {
  const { root, report } = Item.parse(['routers:', ...routers.map((router) => `  - ${router}`)].join('\n'));
  return {
    routes: readRoutes(root.get('routers')),
    findings: report.findings.map(({ path, message, changed }) => `${path}${changed ? '' : ' (as it was)'}: ${message}`),
    problems: report.problems.map(({ line, message }) => `line ${line}: ${message}`),
  };
}

const NO_NAME = 'the proxy has nothing of that name: it is not carried over';
const UNVERIFIED = 'the chart verified no certificate; the proxy does, for the host\'s name (\'tls\' of createProxy says who is trusted)';

describe('a router', () => {
  test('stays, with its line', () => {
    expect(read('{ name: nexus, scheme: http, host: mirror.cluster.k8s, targets: [ 10.10.20.0 ] }')).toEqual({
      routes: [{
        path: 'routers[0]', line: 2, name: 'nexus', scheme: Scheme.HTTP, host: 'mirror.cluster.k8s', targets: ['10.10.20.0:80'], names: [],
        options: { connectTimeout: undefined, sendTimeout: undefined, readTimeout: undefined, maxBodySize: undefined },
      }],
      findings: [],
      problems: [],
    });
  });

  test('keeps its timeouts and its body size', () => {
    const [{ options }] = read('{ name: a, scheme: http, host: a.example, targets: [ 10.0.0.1 ], options: { connectTimeout: 60, sendTimeout: 61, readTimeout: "62", clientMaxBodySize: 1024m } }').routes;

    expect(options.connectTimeout?.toSeconds()).toBe(60);
    expect(options.sendTimeout?.toSeconds()).toBe(61);
    expect(options.readTimeout).toEqual(Duration.millis(62_000));
    expect(options.maxBodySize).toEqual(Size.kibibytes(1024 * 1024));
  });

  test('to https is verified from now on', () => {
    const { routes, findings } = read('{ name: a, scheme: HTTPS, host: a.example, targets: [ "10.0.0.1:443" ] }');

    expect(routes[0].scheme).toBe(Scheme.HTTPS);
    expect(findings).toEqual([`routers[0].scheme: ${UNVERIFIED}`]);
  });

  test('with a body size in bytes gets whole kibibytes', () => {
    const { routes, findings } = read('{ name: a, scheme: http, host: a.example, targets: [ 10.0.0.1 ], options: { clientMaxBodySize: 1500 } }');

    expect(routes[0].options.maxBodySize).toEqual(Size.kibibytes(2));
    expect(findings).toEqual(['routers[0].options.clientMaxBodySize: it is rounded up to 2k']);
  });

  test('says what else it has', () => {
    expect(read('{ name: a, scheme: http, host: a.example, targets: [ 10.0.0.1 ], port: 80, options: { retries: 3 } }').findings)
      .toEqual([`routers[0].options.retries: ${NO_NAME}`, `routers[0].port: ${NO_NAME}`]);
  });

  const options = (text: string) => `{ name: a, scheme: http, host: a.example, targets: [ 10.0.0.1 ], options: ${text} }`;
  test.each([
    ['{ scheme: http, host: a.example, targets: [ 10.0.0.1 ] }', '\'routers[0]\' is {"scheme":"http","host":"a.example","targets":["10.0.0.1"]}: it has no \'name\''],
    ['{ name: a, host: a.example, targets: [ 10.0.0.1 ] }', '\'routers[0]\' is {"name":"a","host":"a.example","targets":["10.0.0.1"]}: it has no \'scheme\''],
    ['{ name: A, scheme: http, host: a.example, targets: [ 10.0.0.1 ] }',
      '\'routers[0].name\' is "A": the name of a Service has 1..63 characters of a-z, 0-9 and "-", starts with a letter and ends with a letter or a digit'],
    ['{ name: a, scheme: ftp, host: a.example, targets: [ 10.0.0.1 ] }', '\'routers[0].scheme\' is "ftp": http or https is expected'],
    ['{ name: a, scheme: http, host: "a.example:80", targets: [ 10.0.0.1 ] }',
      '\'routers[0].host\' is "a.example:80": a DNS name has labels of a-z, 0-9 and "-", at most 63 characters each, with dots between them and 253 in all; the port has a prop of its own'],
    [options('{ connectTimeout: 0 }'), '\'routers[0].options.connectTimeout\' is 0: a number of seconds is expected, a whole number above 0'],
    [options('{ sendTimeout: 1.5 }'), '\'routers[0].options.sendTimeout\' is 1.5: a number of seconds is expected, a whole number above 0'],
    [options('{ readTimeout: 60s }'), '\'routers[0].options.readTimeout\' is "60s": a number of seconds is expected, a whole number above 0'],
    [options('{ readTimeout: 3000000 }'),
      '\'routers[0].options.readTimeout\' is "3000000000 ms": a whole number of milliseconds from 1 ms to 24 days is expected; nginx would take 0 as "at once"'],
    [options('{ clientMaxBodySize: 0 }'),
      '\'routers[0].options.clientMaxBodySize\' is 0: a size above 0 is expected, such as "16m"; nginx took 0 as "unlimited": say the largest body that there is'],
    [options('{ clientMaxBodySize: 16mb }'),
      '\'routers[0].options.clientMaxBodySize\' is "16mb": a size above 0 is expected, such as "16m"; nginx took 0 as "unlimited": say the largest body that there is'],
    [options('{ clientMaxBodySize: 2000000g }'),
      '\'routers[0].options.clientMaxBodySize\' is "2097152000000 KiB": a whole number of kibibytes from 1 KiB to 1 PiB is expected; nginx would take 0 as "unlimited"'],
    [options('60'), '\'routers[0].options\' is 60: a map is expected'],
    ['dashboard', '\'routers[0]\' is "dashboard": a map is expected'],
    ['', '\'routers[0]\' is null: a map is expected'],
  ])('cannot be %s', (router, problem) => {
    expect(read(router).problems).toEqual([`line 2: ${problem}`]);
  });

  test('has a name that no other has', () => {
    const router = (name: string) => `{ name: ${name}, scheme: http, host: a.example, targets: [ 10.0.0.1 ] }`;

    expect(read(router('a'), router('b'), router('a')).problems).toEqual(['line 4: \'routers[2].name\' is "a": line 2 has that name already, and a Service has a name of its own']);
  });
});

test('routers are a list, and none is none', () => {
  const { root, report } = Item.parse('a:\nb: { name: a }');

  expect(readRoutes(root.get('a'))).toEqual([]);
  expect(readRoutes(root.get('b'))).toEqual([]);
  expect(report.problems).toEqual([{ line: 2, message: '\'b\' is {"name":"a"}: a list is expected' }]);
});

describe('the targets', () => {
  const targets = (text: string, scheme = 'http') => read(`{ name: a, scheme: ${scheme}, host: a.example, targets: ${text} }`);

  test.each([
    ['http', '[ 10.0.0.1 ]', ['10.0.0.1:80']],
    ['http', '[ "10.0.0.1:8080", 10.0.0.2 ]', ['10.0.0.1:8080', '10.0.0.2:80']],
    ['https', '[ "[2001:DB8::1]:8443" ]', ['[2001:db8::1]:8443']],
  ])('with %s %s are %j', (scheme, text, addresses) => {
    expect(targets(text, scheme).routes[0]).toMatchObject({ targets: addresses, names: [] });
  });

  test('that are there twice are taken once, however they are spelled', () => {
    const { routes, findings } = targets('[ 10.0.0.1, "10.0.0.1:80", 10.0.0.2 ]');

    expect(routes[0].targets).toEqual(['10.0.0.1:80', '10.0.0.2:80']);
    expect(findings).toEqual(['routers[0].targets[1]: the target 10.0.0.1:80 is there twice, which doubled the time that a dead one costs: it is taken once']);
  });

  test('of https without a port are at 443 now', () => {
    const { routes, findings } = targets('[ 10.0.0.1 ]', 'https');

    expect(routes[0].targets).toEqual(['10.0.0.1:443']);
    expect(findings).toEqual(['routers[0].targets[0]: without a port the chart spoke TLS to port 80; now it is 443', `routers[0].scheme: ${UNVERIFIED}`]);
  });

  test('that are names are looked up again and again', () => {
    const { routes, findings } = targets('[ api.partner.example, 10.0.0.1 ]');

    expect(routes[0]).toMatchObject({ targets: ['api.partner.example:80', '10.0.0.1:80'], names: ['api.partner.example:80'] });
    expect(findings).toEqual([
      'routers[0].targets[0] (as it was): the name is looked up again and again while the proxy runs, by the \'resolvers\' of createProxy; the chart looked it up once',
    ]);
  });

  test.each([
    ['203.0.113.1', '\'routers[0].targets\' is "203.0.113.1": a list is expected: write "[ 203.0.113.1 ]"'],
    ['[]', '\'routers[0].targets\' is []: at least one target is needed'],
    ['null', '\'routers[0].targets\' is null: at least one target is needed'],
    ['[ 10.0.0.1, null ]', '\'routers[0].targets[1]\' is null: a target is expected'],
    ['[ "10.0.0.1:0" ]', '\'routers[0].targets[0]\' is "10.0.0.1:0": the port must be 1..65535'],
    ['[ 1.5 ]', '\'routers[0].targets[0]\' is "1.5": an IPv4 address has four numbers of 0..255 without leading zeros'],
    ['[ { host: a } ]', '\'routers[0].targets[0]\' is {"host":"a"}: text is expected'],
  ])('cannot be %s', (text, problem) => {
    expect(targets(text).problems).toEqual([`line 2: ${problem}`]);
  });

  test('cannot be missing', () => {
    expect(read('{ name: a, scheme: http, host: a.example }').problems).toEqual(['line 2: \'routers[0].targets\' is not given: at least one target is needed']);
  });
});

describe('without a host', () => {
  test.each([
    ['http', '203.0.113.1', '203.0.113.1'],
    ['http', '"203.0.113.1:80"', '203.0.113.1'],
    ['http', '"203.0.113.1:8080"', '203.0.113.1:8080'],
    ['http', '"[2001:db8::80]"', '[2001:db8::80]'],
    ['http', '"partner.example:8080"', 'partner.example'],
    ['https', '"partner.example:443"', 'partner.example'],
  ])('%s to the only target %s sends %s as Host, and no longer what the chart made up', (scheme, target, host) => {
    const { findings, problems } = read(`{ name: a, scheme: ${scheme}, targets: [ ${target} ] }`);

    expect(findings).toContain(`routers[0]: without 'host' the chart sent "lb-a" as Host; now it is that of the target, ${host}`);
    expect(problems).toEqual([]);
  });

  test('several targets cannot be carried over', () => {
    expect(read('{ name: sms, scheme: http, targets: [ 10.0.0.1, 10.0.0.2 ] }').problems).toEqual([
      'line 2: \'routers[0]\' is {"name":"sms","scheme":"http","targets":["10.0.0.1","10.0.0.2"]}: it has no \'host\': the chart sent "lb-sms" as Host; add \'host\' with the name of the external system',
    ]);
  });

  test('https to an address cannot be carried over', () => {
    expect(read('{ name: tax, scheme: https, targets: [ 10.0.0.1 ] }').problems).toEqual([
      'line 2: \'routers[0]\' is {"name":"tax","scheme":"https","targets":["10.0.0.1"]}: it has no \'host\': the chart sent "lb-tax" as Host, and no certificate can be verified without a name; add \'host\' with the name of the external system',
    ]);
  });
});
