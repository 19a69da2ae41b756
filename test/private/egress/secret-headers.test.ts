import { execFileSync } from 'child_process';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'fs';
import { dirname, join } from 'path';
import { SecretHeader, SecretHeaders } from '../../../lib/private/egress/secret-headers';
import { temporaryFolder } from '../../support/folders';

const FRAME = { image: 'nginx:1.30', imagePullPolicy: 'IfNotPresent', securityContext: { readOnlyRootFilesystem: true } };
const TOKEN: SecretHeader = { route: 'partner', name: 'Authorization', secret: { name: 'partner', key: 'token' } };

function withHeaders(...headers: SecretHeader[]): SecretHeaders {
  const all = new SecretHeaders();
  headers.forEach((header) => all.add(header));
  return all;
}

describe('the manifests', () => {
  test('have nothing of it when there is no such header', () => {
    const none = withHeaders();

    expect([none.toInitContainers(FRAME), none.toVolumeMounts(), none.toVolumes()]).toEqual([[], [], []]);
  });

  test('have an init container of the same image, which sees Secrets that nginx does not see', () => {
    const headers = withHeaders(TOKEN);
    const [container, ...others] = headers.toInitContainers(FRAME);

    expect(others).toEqual([]);
    expect(container).toMatchObject({
      ...FRAME,
      name: 'headers',
      volumeMounts: [
        { name: 'secrets', mountPath: '/etc/gatehouse/secrets', readOnly: true },
        { name: 'headers', mountPath: '/etc/gatehouse/headers' },
      ],
    });
    expect(headers.toVolumeMounts()).toEqual([{ name: 'headers', mountPath: '/etc/gatehouse/headers', readOnly: true }]);
  });

  test('have the names of Secrets and keys, and memory for the values', () => {
    const [secrets, memory] = withHeaders(TOKEN, { ...TOKEN, route: 'other' }, { ...TOKEN, name: 'X-Id', secret: { name: 'partner', key: 'id' } }).toVolumes();

    expect(secrets).toEqual({
      name: 'secrets',
      projected: {
        sources: [
          { secret: { name: 'partner', items: [{ key: 'token', path: 'partner/token' }] } },
          { secret: { name: 'partner', items: [{ key: 'id', path: 'partner/id' }] } },
        ],
      },
    });
    expect(memory).toMatchObject({ name: 'headers', emptyDir: { medium: 'Memory', sizeLimit: { value: '16Mi' } } });
  });

  test('have a file for each route', () => {
    expect(new SecretHeaders().add(TOKEN)).toBe('/etc/gatehouse/headers/partner.conf');
  });
});

describe('the init container', () => {
  interface Run {
    readonly status: number;
    readonly stderr: string;
    /** What it wrote for a route. */
    readonly fileOf: (route: string) => string | undefined;
  }

  /** Runs the script on this machine, with folders of its own. */
  function run(headers: SecretHeader[], values: { [file: string]: string | Buffer }): Run {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'headers'));
    for (const [file, value] of Object.entries(values)) {
      mkdirSync(dirname(join(folder, 'secrets', file)), { recursive: true });
      writeFileSync(join(folder, 'secrets', file), value);
    }
    const [shell, ...args] = withHeaders(...headers).toInitContainers(FRAME)[0].command ?? [];
    const here = args.map((arg) => arg.replace(/\/etc\/gatehouse/g, folder));
    const fileOf = (route: string) => {
      const path = join(folder, 'headers', `${route}.conf`);
      return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
    };
    try {
      execFileSync(shell, here, { stdio: 'pipe' });
      return { status: 0, stderr: '', fileOf };
    } catch (error) {
      const { status, stderr } = error as { status: number; stderr: Buffer };
      return { status, stderr: stderr.toString(), fileOf };
    }
  }
  const written = (value: string | Buffer) => run([TOKEN], { 'partner/token': value }).fileOf('partner');
  const line = (value: string) => `proxy_set_header Authorization "${value}";\n`;

  test.each([
    ['Bearer abc', 'Bearer abc'],
    ['quotes " and \\ backslashes', 'quotes \\" and \\\\ backslashes'],
    ['costs 3 $host', 'costs 3 ${gatehouse_dollar}host'],
    ['\'; } server { # %s `id` $(id) &', '\'; } server { # %s `id` ${gatehouse_dollar}(id) &'],
    ['käse 🧀', 'käse 🧀'],
    ['-n', '-n'],
  ])('writes %j as nginx reads it', (value, escaped) => {
    expect(written(value)).toBe(line(escaped));
  });

  test('cuts one line break at the end, which files have', () => {
    expect(written('abc\n')).toBe(line('abc'));
  });

  test('passes bytes on that are no UTF-8', () => {
    const { fileOf } = run([TOKEN], { 'partner/token': Buffer.from([0x61, 0xe9, 0x62]) });

    expect(fileOf('partner')).toMatch(/^proxy_set_header Authorization "a.b";\n$/);
  });

  test('writes all headers of a route into its file, and none of another', () => {
    const { fileOf } = run(
      [TOKEN, { ...TOKEN, route: 'other' }, { ...TOKEN, name: 'X-Id', secret: { name: 'ids', key: 'id' } }],
      { 'partner/token': 'abc', 'ids/id': '7' });

    expect(fileOf('partner')).toBe('proxy_set_header Authorization "abc";\nproxy_set_header X-Id "7";\n');
    expect(fileOf('other')).toBe('proxy_set_header Authorization "abc";\n');
  });

  test('writes files that its user alone can read', () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'headers'));
    mkdirSync(join(folder, 'secrets', 'partner'), { recursive: true });
    writeFileSync(join(folder, 'secrets', 'partner', 'token'), 'abc');
    writeFileSync(join(folder, 'headers', 'partner.conf'), 'what a container that was restarted left behind');
    const [shell, ...args] = withHeaders(TOKEN).toInitContainers(FRAME)[0].command ?? [];
    execFileSync(shell, args.map((arg) => arg.replace(/\/etc\/gatehouse/g, folder)));

    expect(statSync(join(folder, 'headers', 'partner.conf')).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(folder, 'headers', 'partner.conf'), 'utf8')).toBe(line('abc'));
  });

  test('takes 4,000 bytes', () => {
    expect(written('x'.repeat(4000))).toBe(line('x'.repeat(4000)));
  });

  test.each([
    ['a\r\nX-Evil: 1', 'it has a control character or more than one line'],
    ['a\nb', 'it has a control character or more than one line'],
    ['abc\n\n', 'it has a control character or more than one line'],
    ['abc\r\n', 'it has a control character or more than one line'],
    ['a\tb', 'it has a control character or more than one line'],
    ['a\u0000b', 'it has a control character or more than one line'],
    ['a\u007f', 'it has a control character or more than one line'],
    ['', 'it is empty'],
    ['\n', 'it is empty'],
    [' abc', 'it starts or ends with a space'],
    ['abc ', 'it starts or ends with a space'],
    ['abc \n', 'it starts or ends with a space'],
    ['x'.repeat(4001), 'it is too long'],
    ['"'.repeat(2001), 'it is too long'],
  ])('refuses to start with %j, naming Secret and key and not the value', (value, reason) => {
    const { status, stderr, fileOf } = run([TOKEN], { 'partner/token': value });

    expect(stderr).toBe(`key 'token' of Secret 'partner' cannot be the value of header Authorization of route partner: ${reason}\n`);
    expect(status).toBe(1);
    expect(fileOf('partner')).toBeUndefined();
  });

  test('refuses to start without the value', () => {
    expect(run([TOKEN], {}).stderr).toBe('key \'token\' of Secret \'partner\' cannot be the value of header Authorization of route partner: it cannot be read\n');
  });
});
