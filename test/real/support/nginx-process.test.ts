import { existsSync } from 'node:fs';
import { HttpBackend } from './backends';
import { authority } from './certificates';
import { request, WebSocketClient } from './client';
import { nginx, nginxVersions } from './nginx-binaries';
import { Nginx } from './nginx-process';
import { silentPort } from './silent-port';

/** With the paths of a machine, and of a container. */
function proxy(port: number, to: number): string {
  return `
user nginx;
pid /run/nginx.pid;
error_log /var/log/nginx/error.log warn;
events {}
http {
  access_log /var/log/nginx/access.log;
  map $http_upgrade $c { default ""; websocket upgrade; }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://127.0.0.1:${to};
      proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $c;
    }
  }
}
`;
}

test('every version starts, proxies, logs, and is gone after stop', async () => {
  const backend = await HttpBackend.start({ name: 'b' });
  for (const binary of await nginxVersions()) {
    const server = await Nginx.start({ binary, files: { 'etc/nginx/nginx.conf': proxy(18_101, backend.port) } });
    expect((await request({ port: 18_101, path: '/x' })).status).toBe(200);
    expect(await server.waitForLog('access.log', 'GET /x')).toContain('" 200 ');
    expect(server.errorLog()).toBe('');
    await server.stop();
    expect(server.isRunning()).toBe(false);
    expect((await request({ port: 18_101 })).error).toBe('ECONNREFUSED');
  }
});

test('as another user without capabilities, with stream, logging to /dev/stdout', async () => {
  for (const binary of await nginxVersions()) {
    const load = binary.streamModule ? `load_module ${binary.streamModule};\n` : '';
    const text = `${load}events {}\npid /tmp/nginx/nginx.pid;\nerror_log stderr warn;
      http { access_log /dev/stdout; server { listen 127.0.0.1:18102; location / { return 200 "$pid"; } } }
      stream { server { listen 127.0.0.1:18103; return hello; } }`;
    const server = await Nginx.start({ binary, uid: 101, files: { 'nginx.conf': text } });
    expect(Number((await request({ port: 18_102 })).body)).toBe(server.workers()[0]);
    await server.waitForLog('stdout', 'GET /');
    await server.stop();
  }
});

test('a warning is a failure, unless it is ignored', async () => {
  const twice = 'server { listen 127.0.0.1:18104; server_name a; }';
  const files = { 'nginx.conf': `events {} http { ${twice} ${twice} }` };
  const { ok, output } = await Nginx.test({ files });
  expect(ok).toBe(false);
  expect(output).toContain('conflicting server name "a"');
  expect((await Nginx.test({ files, ignore: /conflicting server name/ })).ok).toBe(true);
  await expect(Nginx.start({ files })).rejects.toThrow('conflicting server name');
  await expect(Nginx.start({ files: { 'nginx.conf': 'events {} http { nonsense; }' } })).rejects.toThrow('unknown directive "nonsense"');
});

test('a port that is taken is an error of start', async () => {
  const backend = await HttpBackend.start({ name: 'b' });
  const files = { 'nginx.conf': `events {} http { server { listen 127.0.0.1:${backend.port}; } }` };
  await expect(Nginx.start({ files })).rejects.toThrow('Address already in use');
});

test('after a reload only the new configuration answers; a WebSocket keeps its old worker', async () => {
  const [first, second] = [await HttpBackend.start({ name: 'first' }), await HttpBackend.start({ name: 'second' })];
  const server = await Nginx.start({ binary: await nginx(), files: { 'nginx.conf': proxy(18_105, first.port) } });
  const socket = await WebSocketClient.open({ port: 18_105 });
  expect(await socket.send('before')).toBe('before');

  await server.reload({ 'nginx.conf': proxy(18_105, second.port) });
  for (let count = 0; count < 20; count++) {
    expect((await request({ port: 18_105 })).body).toContain('"server":"second"');
  }
  expect(await socket.send('after')).toBe('after');
  expect(server.workers()).toHaveLength(2);

  await expect(server.reload({ 'nginx.conf': 'events {' })).rejects.toThrow('[emerg]');
  expect((await request({ port: 18_105 })).status).toBe(200);
  socket.close();
  await server.stop('SIGQUIT');
  expect(existsSync(`/proc/${server.pid}`)).toBe(false);
});

test('HTTP/2, PROXY protocol, a certificate of a file, an include below /etc/nginx', async () => {
  const certificate = authority().issue({ names: ['a.test'] });
  const files = {
    'etc/nginx/nginx.conf': `events {} http { access_log /var/log/nginx/a.log; include /etc/nginx/conf.d/a.conf; include /etc/nginx/mime.types;
      server { listen 127.0.0.1:18107 proxy_protocol; location / { return 200 $proxy_protocol_addr; } } }`,
    'etc/nginx/conf.d/a.conf': `server { listen 127.0.0.1:18106 ssl http2; server_name a.test; ssl_certificate ssl/a.pem; ssl_certificate_key ssl/a.key;
      add_header X-One 1; location / { return 200 "$server_protocol $host $http_x_some"; } }`,
    'etc/nginx/ssl/a.pem': certificate.cert,
    'etc/nginx/ssl/a.key': certificate.key,
  };
  await Nginx.start({ files, ignore: /"listen ... http2" directive is deprecated/ });
  const tls = { servername: 'a.test', ca: authority().cert };
  const response = await request({ port: 18_106, tls, httpVersion: '2', host: 'a.test', headers: [['X-Some', 'thing']] });
  expect(response).toMatchObject({ status: 200, httpVersion: '2', body: 'HTTP/2.0 a.test thing' });
  expect(response.rawHeaders).toContainEqual(['x-one', '1']);
  expect((await request({ port: 18_107, preamble: 'PROXY TCP4 192.0.2.7 192.0.2.8 5 80\r\n' })).body).toBe('192.0.2.7');
});

test('a silent backend is a connect timeout for nginx', async () => {
  const silent = await silentPort('127.0.0.6');
  const text = `events {} http { proxy_connect_timeout 500ms; server { listen 127.0.0.1:18108; location / { proxy_pass http://127.0.0.6:${silent.port}; } } }`;
  const server = await Nginx.start({ files: { 'nginx.conf': text } });
  const { status, timeMs } = await request({ port: 18_108 });
  expect(status).toBe(504);
  expect(timeMs).toBeGreaterThan(480);
  expect(server.errorLog()).toContain('Connection timed out) while connecting to upstream');
});
