import { k8s } from 'cdk8s-plus-28';
import { Word } from '../nginx/word';

/** A header whose value is in a Secret. */
export interface SecretHeader {
  readonly route: string;
  readonly name: string;
  readonly secret: { readonly name: string; readonly key: string };
}

const SECRETS_DIRECTORY = '/etc/gatehouse/secrets';
const HEADERS_DIRECTORY = '/etc/gatehouse/headers';

/**
 * Writes a file of directives for each route, in which the values are escaped as nginx reads them. Its arguments come in
 * fours: route, header, Secret, key. The tools are those of every image that has a shell.
 */
const SCRIPT = `set -eu
umask 077
export LC_ALL=C
rm -f ${HEADERS_DIRECTORY}/*.conf
while [ $# -gt 0 ]; do
  route=$1 header=$2 secret=$3 key=$4
  shift 4
  file=${SECRETS_DIRECTORY}/$secret/$key
  fail() {
    echo "key '$key' of Secret '$secret' cannot be the value of header $header of route $route: $1" >&2
    exit 1
  }
  [ -r "$file" ] || fail 'it cannot be read'
  controls=$(tr -cd '\\000-\\037\\177' < "$file" | wc -c)
  newline=$(tail -c 1 "$file" | tr -cd '\\n' | wc -c)
  [ "$controls" -eq "$newline" ] || fail 'it has a control character or more than one line'
  value=$(sed -e 's/[\\\\"]/\\\\&/g' -e 's/[$]/\${gatehouse_dollar}/g' "$file")
  case $value in
    '') fail 'it is empty' ;;
    ' '* | *' ') fail 'it starts or ends with a space' ;;
  esac
  [ "$(printf %s "$value" | wc -c)" -le 4000 ] || fail 'it is too long'
  printf 'proxy_set_header %s "%s";\\n' "$header" "$value" >> "${HEADERS_DIRECTORY}/$route.conf"
done
`;

/** The headers of a proxy whose values are in Secrets: an init container writes them into memory. */
export class SecretHeaders {
  private readonly headers: SecretHeader[] = [];

  /** Adds a header, and returns the file that the route includes. */
  public add(header: SecretHeader): string {
    this.headers.push(header);
    return `${HEADERS_DIRECTORY}/${header.route}.conf`;
  }

  /** The init container, when there is something to write. */
  public toInitContainers(frame: Pick<k8s.Container, 'image' | 'imagePullPolicy' | 'securityContext'>): k8s.Container[] {
    if (this.headers.length === 0) {
      return [];
    }
    return [{
      ...frame,
      name: 'headers',
      command: ['/bin/sh', '-c', SCRIPT, 'headers', ...this.headers.flatMap(({ route, name, secret }) => [route, Word.literal(name).text, secret.name, secret.key])],
      resources: {
        requests: { cpu: k8s.Quantity.fromString('10m'), memory: k8s.Quantity.fromString('16Mi') },
        limits: { cpu: k8s.Quantity.fromString('1'), memory: k8s.Quantity.fromString('64Mi') },
      },
      volumeMounts: [
        { name: 'secrets', mountPath: SECRETS_DIRECTORY, readOnly: true },
        { name: 'headers', mountPath: HEADERS_DIRECTORY },
      ],
    }];
  }

  /** What the proxy itself sees of it. */
  public toVolumeMounts(): k8s.VolumeMount[] {
    return this.headers.length > 0 ? [{ name: 'headers', mountPath: HEADERS_DIRECTORY, readOnly: true }] : [];
  }

  /** The Secrets, and the memory that the values are written to. */
  public toVolumes(): k8s.Volume[] {
    if (this.headers.length === 0) {
      return [];
    }
    const sources = new Map(this.headers.map(({ secret: { name, key } }) => [`${name}/${key}`, { secret: { name, items: [{ key, path: `${name}/${key}` }] } }]));
    return [
      { name: 'secrets', projected: { sources: [...sources.values()] } },
      { name: 'headers', emptyDir: { medium: 'Memory', sizeLimit: k8s.Quantity.fromString('16Mi') } },
    ];
  }
}
