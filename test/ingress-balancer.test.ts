import { readFileSync } from 'fs';
import { join } from 'path';
import { App, Chart, Testing } from 'cdk8s';
import { Construct } from 'constructs';
import { AccessLogFormat, Backend, EnvironmentEntry, IngressBalancer, IngressBalancerProps, Machine, ManagementEntry, NodePool, ServerTls } from '../lib';
import { fileOf, LB, newBalancer, newChart, NODE1, SVC } from './support/constructs';
import { contentsBelow, filesBelow, temporaryFolder } from './support/folders';
import { manifests } from './support/manifests';
import { blocks, linesOf, serverOf, valueOf } from './support/nginx-text';
import { OUTPUT_TYPES } from './support/output-types';

const TLS = ServerTls.fromFiles('/etc/ssl/a.pem', '/etc/ssl/a.key');

/** nginx.conf of a balancer with the props, and with a http and a https entry. */
function mainWith(props: Partial<IngressBalancerProps> = {}, machine = LB.name): string {
  const chart = newChart();
  const balancer = newBalancer(chart, props);
  new ManagementEntry(chart, 'plain', { balancer, domains: ['plain.example'] });
  new ManagementEntry(chart, 'secret', { balancer, domains: ['secret.example'], tls: TLS });
  return fileOf(balancer, 'nginx.conf', machine);
}

function newSite(app: App): IngressBalancer {
  const chart = newChart(app);
  const balancer = newBalancer(chart);
  new ManagementEntry(chart, 'dashboard', { balancer, domains: ['dashboard.cluster.k8s'] });
  new EnvironmentEntry(chart, 'prod', { balancer, environment: 'prod', domains: ['example.com'] });
  return balancer;
}

const SITE_FILES = [
  'ingress.cluster.k8s/etc/nginx/conf.d/cluster.k8s.conf',
  'ingress.cluster.k8s/etc/nginx/conf.d/ingress.cluster.k8s.conf',
  'ingress.cluster.k8s/etc/nginx/conf.d/prod.cluster.k8s.conf',
  'ingress.cluster.k8s/etc/nginx/nginx.conf',
];

describe('the files', () => {
  test('are a folder for the machine: nginx.conf, the upstreams, the management entries, and one for each environment', () => {
    expect(Object.keys(newSite(Testing.app()).files).sort()).toEqual(SITE_FILES);
  });

  test('are named after hostname and domain when these are given', () => {
    // GIVEN
    const chart = newChart();
    const balancer = newBalancer(chart, { hostname: 'gate.example.org', domain: 'site.example' });

    // WHEN
    new ManagementEntry(chart, 'dashboard', { balancer, domains: ['dashboard.example'] });
    new EnvironmentEntry(chart, 'prod', { balancer, environment: 'prod', domains: ['example.com'] });

    // THEN
    expect(Object.keys(balancer.files).map((path) => path.replace('ingress.cluster.k8s/etc/nginx/', '')).sort())
      .toEqual(['conf.d/gate.example.org.conf', 'conf.d/prod.site.example.conf', 'conf.d/site.example.conf', 'nginx.conf']);
  });

  test('are included by name, so that what else lies in conf.d does nothing', () => {
    const includes = linesOf(fileOf(newSite(Testing.app()), 'nginx.conf')).filter((line) => line.startsWith('include'));

    expect(includes).toEqual(['include conf.d/ingress.cluster.k8s.conf;', 'include conf.d/cluster.k8s.conf;', 'include conf.d/prod.cluster.k8s.conf;']);
  });

  test('say what made them and that edits are lost, and end with a line break', () => {
    Object.values(newSite(Testing.app()).files).forEach((text) => {
      expect(text).toMatch(/^# Made by cdk8s-gatehouse from "traffic\/ingress"; what is edited here is lost at the next synth\.\n\n/);
      expect(text).toMatch(/[^\n]\n$/);
      expect(text).not.toContain('\r');
    });
  });

  test('are the same at every look, and of the same program', () => {
    const balancer = newSite(Testing.app());

    expect(balancer.files).toEqual(balancer.files);
    expect(newSite(Testing.app()).files).toEqual(balancer.files);
  });

  test('have no if, no rewrite, no regular expression and no path or variable in proxy_pass', () => {
    const lines = Object.values(newSite(Testing.app()).files).flatMap(linesOf);

    expect(lines.filter((line) => /^(if|rewrite|location ~|server_name ~)/.test(line))).toEqual([]);
    lines.filter((line) => line.startsWith('proxy_pass ')).forEach((line) => expect(line).toMatch(/^proxy_pass https?:\/\/[a-z0-9-]+;$/));
  });

  test('are written below any folder, which is made', () => {
    // GIVEN
    const balancer = newSite(Testing.app());
    const folder = join(temporaryFolder(), 'new');

    // WHEN
    balancer.writeTo(folder);

    // THEN
    expect(contentsBelow(folder)).toEqual(balancer.files);
  });
});

describe('app.synth()', () => {
  test.each(OUTPUT_TYPES)('writes the files beside the manifests with %s', (_, yamlOutputType) => {
    // GIVEN
    const outdir = temporaryFolder();
    const app = new App({ outdir, yamlOutputType });
    newSite(app);

    // WHEN
    app.synth();

    // THEN
    expect(filesBelow(outdir).filter((file) => file.endsWith('.conf'))).toEqual(SITE_FILES);
  });

  test('writes the same bytes the second time', () => {
    // GIVEN
    const app = Testing.app();
    newSite(app);
    app.synth();
    const first = contentsBelow(app.outdir);

    // WHEN
    app.synth();

    // THEN
    expect(contentsBelow(app.outdir)).toEqual(first);
  });

  test('writes no file that kubectl or the cdk8s CLI would take for a manifest', () => {
    newSite(Testing.app());

    expect(SITE_FILES.filter((file) => /\.(ya?ml|json)$/.test(file))).toEqual([]);
  });

  test('writes a folder for each of two balancers', () => {
    // GIVEN
    const app = Testing.app();
    const chart = newChart(app);
    newBalancer(chart);
    newBalancer(chart, { machines: [{ name: 'other.cluster.k8s', address: '10.10.20.3' }] }, 'other');

    // WHEN
    app.synth();

    // THEN
    expect(filesBelow(app.outdir).filter((file) => file.endsWith('nginx.conf')))
      .toEqual(['ingress.cluster.k8s/etc/nginx/nginx.conf', 'other.cluster.k8s/etc/nginx/nginx.conf']);
  });

  test('has what an entry added that was declared after the balancer in another chart', () => {
    // GIVEN
    const app = Testing.app();
    const balancer = newBalancer(newChart(app));
    new ManagementEntry(new Chart(app, 'later'), 'dashboard', { balancer, domains: ['dashboard.example'] });

    // WHEN
    app.synth();

    // THEN
    expect(readFileSync(join(app.outdir, SITE_FILES[0]), 'utf8')).toContain('# later/dashboard\n');
  });
});

test('the balancer makes no manifest, and Testing.synth() writes nothing', () => {
  // GIVEN
  const app = Testing.app();
  const balancer = newSite(app);

  // THEN
  expect(manifests(Chart.of(balancer))).toEqual([]);
  expect(app.synthYaml()).toBe('');
  expect(filesBelow(app.outdir)).toEqual([]);
});

test('without an App its files are there all the same', () => {
  // GIVEN
  const root = new Construct(undefined as unknown as Construct, '');
  const balancer = new IngressBalancer(root, 'ingress', { machines: [LB], nodes: NodePool.ingress(root, 'nodes', { nodes: [NODE1] }) });

  // THEN
  expect(Object.keys(balancer.files)).toContain('ingress.cluster.k8s/etc/nginx/nginx.conf');
});

describe('nginx.conf', () => {
  test('has room for many connections, and ends old workers after a minute', () => {
    const lines = linesOf(mainWith());

    expect(valueOf(lines, 'worker_processes')).toBe('auto');
    expect(valueOf(lines, 'worker_connections')).toBe('16384');
    expect(valueOf(lines, 'worker_rlimit_nofile')).toBe('65536');
    expect(valueOf(lines, 'worker_shutdown_timeout')).toBe('60s');
  });

  test.each([[undefined, 'nginx'], ['www-data', 'www-data']])('runs as a user: %s is %s', (user, written) => {
    expect(valueOf(linesOf(mainWith({ user })), 'user')).toBe(written);
  });

  test('refuses on each port the names that nobody serves, and on TLS the handshake', () => {
    const servers = blocks(mainWith(), 'server');

    expect(servers).toEqual([
      ['server {', 'listen 80 default_server;', 'location / {', 'return 421;', '}', '}'],
      ['server {', 'listen 443 default_server ssl http2;', 'ssl_reject_handshake on;', 'location / {', 'return 421;', '}', '}'],
    ]);
  });

  test('does not refuse on a port that has a default server', () => {
    // GIVEN
    const chart = newChart();
    const balancer = newBalancer(chart);
    new EnvironmentEntry(chart, 'prod', { balancer, environment: 'prod', defaultServer: true });
    new EnvironmentEntry(chart, 'dev', { balancer, environment: 'dev', domains: ['dev.example'], port: 8080 });

    // THEN
    expect(blocks(fileOf(balancer, 'nginx.conf'), 'server').map(([, listen]) => listen)).toEqual(['listen 8080 default_server;']);
  });

  test('has TLS 1.2 and 1.3 with ciphers of today, and no session tickets', () => {
    const lines = linesOf(mainWith());

    expect(valueOf(lines, 'ssl_protocols')).toBe('TLSv1.2 TLSv1.3');
    expect(valueOf(lines, 'ssl_ciphers')?.split(':')).toHaveLength(6);
    expect(valueOf(lines, 'ssl_prefer_server_ciphers')).toBe('off');
    expect(valueOf(lines, 'ssl_session_tickets')).toBe('off');
    expect(valueOf(lines, 'ssl_session_cache')).toBe('shared:gatehouse_tls:10m');
    expect(valueOf(lines, 'ssl_session_timeout')).toBe('1d');
  });

  test('says nothing about TLS when no entry has it', () => {
    const chart = newChart();
    const balancer = newBalancer(chart);
    new ManagementEntry(chart, 'plain', { balancer, domains: ['plain.example'] });

    expect(fileOf(balancer, 'nginx.conf')).not.toContain('ssl');
  });

  test('has the buffers, headers and temporary files of the reference', () => {
    const lines = linesOf(mainWith());

    expect(lines).toEqual(expect.arrayContaining([
      'server_tokens off;', 'absolute_redirect off;', 'reset_timedout_connection on;', 'large_client_header_buffers 4 16k;', 'keepalive_requests 10000;',
      'proxy_http_version 1.1;', 'proxy_buffer_size 16k;', 'proxy_buffers 8 16k;', 'proxy_busy_buffers_size 32k;', 'proxy_max_temp_file_size 0;',
      'proxy_socket_keepalive on;',
    ]));
    expect(lines.join()).not.toContain('underscores_in_headers');
  });

  test('upgrades to WebSocket only, and else keeps connections', () => {
    expect(blocks(mainWith(), 'map').slice(0, 2)).toEqual([
      ['map $http_upgrade $gatehouse_upgrade {', 'default "";', 'websocket websocket;', '}'],
      ['map $http_upgrade $gatehouse_connection {', 'default "";', 'websocket upgrade;', '}'],
    ]);
  });

  test('logs a readable line by default, buffered', () => {
    const lines = linesOf(mainWith());

    expect(lines.find((line) => line.startsWith('log_format'))).toMatch(
      /^log_format gatehouse '\[\$time_local\] \$remote_addr -> \$host "\$request \$status" Body-Length=\[\$body_bytes_sent\] Referer=\[\$http_referer\] User-Agent=\[\$http_user_agent\] X-Forwarded-For=\[\$http_x_forwarded_for\] /);
    expect(valueOf(lines, 'access_log')).toBe('/var/log/nginx/access.log gatehouse buffer=64k flush=1s');
    expect(valueOf(lines, 'error_log')).toBe('/var/log/nginx/error.log warn');
  });

  test('logs a JSON object a line when it is asked to, with numbers as numbers', () => {
    const main = mainWith({ accessLogFormat: AccessLogFormat.JSON });
    const format = linesOf(main).find((line) => line.startsWith('log_format'));

    expect(format).toMatch(/^log_format gatehouse escape=json '\{"time":"\$time_iso8601","server":"\$server_name".*\}';$/);
    expect(format).toContain('"status":$gatehouse_status');
    expect(main).toContain('map $status $gatehouse_status {');
  });

  test('has hash tables that fit the names', () => {
    // GIVEN
    const chart = newChart();
    const balancer = newBalancer(chart);
    const label = 'a'.repeat(60);
    new ManagementEntry(chart, 'many', { balancer, domains: Array.from({ length: 300 }, (_, i) => `host-${i}.example`) });
    new ManagementEntry(chart, 'long', { balancer, domains: [[label, label, label, label].join('.')] });

    // THEN
    const lines = linesOf(fileOf(balancer, 'nginx.conf'));
    expect(valueOf(lines, 'server_names_hash_bucket_size')).toBe('512');
    expect(valueOf(lines, 'server_names_hash_max_size')).toBe('4096');
    expect(valueOf(linesOf(mainWith()), 'server_names_hash_bucket_size')).toBe('128');
    expect(valueOf(linesOf(mainWith()), 'server_names_hash_max_size')).toBe('512');
  });

  test('listens on IPv6 too when the machine has such an address', () => {
    // GIVEN
    const chart = newChart();
    const balancer = newBalancer(chart, { machines: [{ name: LB.name, address: '2001:db8::2' }] });
    new ManagementEntry(chart, 'secret', { balancer, domains: ['secret.example'], tls: TLS });

    // THEN
    expect(serverOf(fileOf(balancer, 'conf.d/cluster.k8s.conf'), 'secret.example', 443)).toContain('listen [::]:443 ssl http2;');
    expect(linesOf(fileOf(balancer, 'nginx.conf'))).toEqual(expect.arrayContaining(['listen 80 default_server;', 'listen [::]:80 default_server;']));
  });
});

describe('the version of nginx', () => {
  function listenWith(nginxVersion: string | undefined, http2?: boolean): string[] {
    const chart = newChart();
    const balancer = newBalancer(chart, { nginxVersion, http2 });
    new ManagementEntry(chart, 'secret', { balancer, domains: ['secret.example'], tls: TLS });
    return serverOf(fileOf(balancer, 'conf.d/cluster.k8s.conf'), 'secret.example', 443).filter((line) => /^(listen|http2)/.test(line));
  }

  test.each([
    [undefined, ['listen 443 ssl http2;']],
    ['1.22', ['listen 443 ssl http2;']],
    ['1.25.0', ['listen 443 ssl http2;']],
    ['1.25.1', ['listen 443 ssl;', 'http2 on;']],
    ['1.30', ['listen 443 ssl;', 'http2 on;']],
    ['1.99', ['listen 443 ssl;', 'http2 on;']],
  ])('%s decides how HTTP/2 is written', (nginxVersion, lines) => {
    expect(listenWith(nginxVersion)).toEqual(lines);
  });

  test.each(['1.24', '1.30'])('%s without HTTP/2', (nginxVersion) => {
    expect(listenWith(nginxVersion, false)).toEqual(['listen 443 ssl;']);
  });

  test('decides whether idle connections are kept for a moment after a reload', () => {
    expect(mainWith({ nginxVersion: '1.27.4' })).toContain('keepalive_min_timeout');
    expect(mainWith({ nginxVersion: '1.27.3' })).not.toContain('keepalive_min_timeout');
    expect(mainWith()).not.toContain('keepalive_min_timeout');
  });
});

test('above 200 upstreams they share one zone, since each zone of its own takes 64 KB', () => {
  const zones = (count: number) => {
    const chart = newChart();
    const balancer = newBalancer(chart);
    for (let i = 0; i < count; i++) {
      new ManagementEntry(chart, `app-${i}`, { balancer, domains: [`app-${i}.example`] });
    }
    return new Set(linesOf(fileOf(balancer, 'conf.d/ingress.cluster.k8s.conf')).filter((line) => line.startsWith('zone ')));
  };

  expect(zones(200).size).toBe(200);
  expect([...zones(201)]).toEqual([expect.stringMatching(/^zone gatehouse \d+k;$/)]);
});

test('entries stand in the order of creation, whatever their ids are', () => {
  // GIVEN
  const chart = newChart();
  const balancer = newBalancer(chart);

  // WHEN
  ['b', '8080', 'a', '443'].forEach((id) => new ManagementEntry(chart, id, { balancer, domains: [`x${id}.example`] }));

  // THEN
  expect(blocks(fileOf(balancer, 'conf.d/ingress.cluster.k8s.conf'), 'upstream').map(([head]) => head))
    .toEqual(['upstream b {', 'upstream 8080 {', 'upstream a {', 'upstream 443 {']);
});

describe('refuses', () => {
  const balancer = (props: Partial<IngressBalancerProps>) => () => newBalancer(newChart(), props);
  const machine = (given: Partial<Machine>) => balancer({ machines: [{ ...LB, ...given }] });

  test.each([
    [[], '[]'],
    [[LB, SVC], '["ingress.cluster.k8s","svc.cluster.k8s"]'],
    [undefined as unknown as Machine[], 'not given'],
    [LB as unknown as Machine[], 'not given'],
  ])('any number of machines but one', (machines, shown) => {
    expect(balancer({ machines })).toThrow(`'machines' is ${shown}: one machine is expected`);
  });

  test('a machine whose name is no DNS name, such as a path', () => {
    ['../lb', '/lb', '..', 'a/b', ''].forEach((name) => expect(machine({ name })).toThrow(`'machines[0].name' is "${name}": a DNS name`));
    expect(balancer({ machines: [null as unknown as Machine] })).toThrow('\'machines[0].name\' is not given: a DNS name is expected, such as "example.com"');
  });

  test.each(['lb.cluster.yaml', 'lb.yml', 'lb.json'])('the machine %s, which kubectl would take for a manifest', (name) => {
    expect(machine({ name })).toThrow(`'machines[0].name' is "${name}": a folder is named after it, and kubectl would take it for a manifest`);
  });

  test('a machine whose address is none', () => {
    expect(machine({ address: 'lb' })).toThrow('\'machines[0].address\' is "lb": an IPv4 or IPv6 address without a port is expected, such as "10.10.20.21"');
  });

  test('a hostname or domain that is no DNS name', () => {
    expect(balancer({ hostname: 'lb_1.example' })).toThrow('\'hostname\' is "lb_1.example": a DNS name has labels');
    expect(balancer({ domain: '.example' })).toThrow('\'domain\' is ".example": a DNS name has labels');
  });

  test('a domain that is the hostname, since one file would be named after both', () => {
    expect(balancer({ domain: LB.name })).toThrow(
      '\'domain\' is "ingress.cluster.k8s": the file of the upstreams is named after \'hostname\', and the others after \'domain\': both would be conf.d/ingress.cluster.k8s.conf');
  });

  test('a name without a domain, unless the domain is given', () => {
    expect(machine({ name: 'lb' })).toThrow('\'hostname\' is "lb": it has no domain behind its first label: set \'domain\'');
    expect(balancer({ machines: [{ ...LB, name: 'lb' }], domain: 'cluster.k8s' })).not.toThrow();
  });

  test.each(['1.21.6', '1.18'])('nginx %s', (nginxVersion) => {
    expect(balancer({ nginxVersion })).toThrow(`'nginxVersion' is "${nginxVersion}": the lowest version that is supported here is 1.22`);
  });

  test('a version that is none', () => {
    expect(balancer({ nginxVersion: 'latest' })).toThrow('\'nginxVersion\' is "latest": an nginx version is "1.24" or "1.24.0"');
  });

  test('a user that is none', () => {
    expect(balancer({ user: 'nginx; daemon off' })).toThrow('\'user\' is "nginx; daemon off": a Unix user has 1..32 characters');
  });

  test('a pool whose nodes are all drained', () => {
    const nodes = NodePool.ingress(newChart(), 'nodes', { nodes: [{ ...NODE1, drained: true }] });

    expect(balancer({ nodes })).toThrow('\'nodes\' is ["node1.cluster.k8s"]: all of them are drained: leave one that takes the requests');
  });

  test('two balancers for one machine, also in different charts', () => {
    // GIVEN
    const app = Testing.app();
    newBalancer(newChart(app));

    // THEN
    expect(() => newBalancer(new Chart(app, 'other'), {}, 'second'))
      .toThrow('\'machines[0].name\' is "ingress.cluster.k8s": "traffic/ingress" writes to the folder of that name already: one balancer for each machine');
  });

  test('no balancer of another App for the same machine', () => {
    newBalancer(newChart());

    expect(() => newBalancer(newChart())).not.toThrow();
  });
});

test('a backend past the ingress nodes does not use them', () => {
  const chart = newChart();
  const balancer = newBalancer(chart);
  new ManagementEntry(chart, 'nexus', { balancer, domains: ['nexus.example'], backend: Backend.machines([SVC]) });

  expect(fileOf(balancer, 'conf.d/ingress.cluster.k8s.conf')).not.toContain(NODE1.address);
});
