import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from './cleanup';

/** PEM texts and the files that they are in. */
export interface Certificate {
  /** The certificate itself, then its intermediates. */
  readonly cert: string;
  readonly key: string;
  readonly certFile: string;
  readonly keyFile: string;
}

export interface CertificateOptions {
  /** DNS names and IP addresses; the first one is the common name as well. */
  readonly names: readonly string[];
  /** `expired` since yesterday, `future`: from tomorrow on. */
  readonly validity?: 'valid' | 'expired' | 'future';
  readonly purpose?: 'server' | 'client';
}

/** A certificate authority of a test, made with the openssl command, with EC keys: a few milliseconds for each certificate. */
export class Authority {
  static create(name = 'test root'): Authority {
    const folder = temporaryFolder('ca');
    const [keyFile, certFile] = [join(folder, 'ca.key'), join(folder, 'ca.pem')];
    openssl(['req', '-x509', '-days', '3650', ...newKey(keyFile), '-out', certFile, '-subj', `/CN=${name}`, '-config', config(folder),
      '-extensions', 'authority']);
    return new Authority(folder, certFile, keyFile, '');
  }

  /** The root that must be trusted, or this intermediate. */
  readonly cert: string;
  private count = 0;

  private constructor(private readonly folder: string, readonly certFile: string, private readonly keyFile: string, private readonly chain: string) {
    this.cert = readFileSync(certFile, 'utf8');
    writeFileSync(join(folder, 'index'), '');
  }

  /** Certificates of an intermediate carry it, and those above it, in their chain; only the root is left out. */
  intermediate(name = 'test intermediate'): Authority {
    const { certFile, keyFile } = this.sign(name, 'valid', 'authority', '');
    const own = readFileSync(certFile, 'utf8');
    const folder = temporaryFolder('ca');
    config(folder);
    return new Authority(folder, certFile, keyFile, own + this.chain);
  }

  issue({ names, validity = 'valid', purpose = 'server' }: CertificateOptions): Certificate {
    const alternatives = names.map((name) => `${/^[0-9.]+$|:/.test(name) ? 'IP' : 'DNS'}:${name}`).join(',');
    const { certFile, keyFile } = this.sign(names[0], validity, purpose, purpose === 'server' ? `subjectAltName = ${alternatives}\n` : '');
    const cert = readFileSync(certFile, 'utf8') + this.chain;
    writeFileSync(certFile, cert);
    return { cert, key: readFileSync(keyFile, 'utf8'), certFile, keyFile };
  }

  private sign(name: string, validity: string, purpose: string, more: string): { certFile: string; keyFile: string } {
    const base = join(this.folder, String(++this.count));
    const [keyFile, requestFile, certFile] = ['key', 'csr', 'pem'].map((suffix) => `${base}.${suffix}`);
    openssl(['req', '-new', ...newKey(keyFile), '-out', requestFile, '-subj', `/CN=${name}`, '-config', config(this.folder, more)]);
    const [from, to] = validity === 'expired' ? [-30, -1] : validity === 'future' ? [1, 30] : [-1, 365];
    openssl(['ca', '-batch', '-notext', '-config', config(this.folder, more), '-extensions', purpose, '-in', requestFile,
      '-out', certFile, '-cert', this.certFile, '-keyfile', this.keyFile, '-startdate', inDays(from), '-enddate', inDays(to)]);
    return { certFile, keyFile };
  }
}

/** The authority that the tests of one file share. */
export function authority(): Authority {
  return shared ??= Authority.create();
}
let shared: Authority | undefined;

function newKey(file: string): string[] {
  return ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', file];
}

/** `more`: goes into the extensions of servers. */
function config(folder: string, more = ''): string {
  const file = join(folder, 'openssl.cnf');
  writeFileSync(file, `
[req]
distinguished_name = nothing
[nothing]
[ca]
default_ca = this
[this]
database = ${folder}/index
new_certs_dir = ${folder}
default_md = sha256
policy = any
unique_subject = no
rand_serial = yes
[any]
commonName = supplied
[authority]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[server]
basicConstraints = CA:false
extendedKeyUsage = serverAuth
${more}
[client]
basicConstraints = CA:false
extendedKeyUsage = clientAuth
`);
  return file;
}

/** YYYYMMDDHHMMSSZ */
function inDays(days: number): string {
  return new Date(Date.now() + days * 86_400_000).toISOString().replace(/\.\d+|[-:T]/g, '');
}

function openssl(words: string[]): void {
  try {
    execFileSync('openssl', words, { stdio: ['ignore', 'ignore', 'pipe'] });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      throw new Error('The tests with real servers need the openssl command (Debian: apt-get install openssl).');
    }
    throw new Error(`openssl ${words.join(' ')}:\n${String((error as { stderr?: Buffer }).stderr)}`);
  }
}
