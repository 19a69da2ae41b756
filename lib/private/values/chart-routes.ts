import { Duration, Size } from 'cdk8s';
import { nginxBytesOf } from './quantity';
import { Item } from './reader';
import { ProxyOptions } from '../../proxy-options';
import { Scheme } from '../../scheme';
import { serviceName } from '../kubernetes/grammar';
import { domainName, kibibytes, milliseconds, socketAddress, target } from '../nginx/grammar';

/** A router of the chart. */
export interface ChartRoute {
  readonly path: string;
  readonly line: number;
  readonly name: string;
  readonly scheme: Scheme;
  readonly host?: string;
  readonly targets: string[];
  /** Targets that are names. */
  readonly names: string[];
  readonly options: ProxyOptions;
}

/** The routers, each name once. */
export function readRoutes(item: Item): ChartRoute[] {
  const lines = new Map<string, number>();
  return item.list().flatMap((router) => {
    const route = readRoute(router);
    if (!route) {
      return [];
    }
    const twin = lines.get(route.name);
    if (twin !== undefined) {
      router.get('name').problem(`line ${twin} has that name already, and a Service has a name of its own`);
    }
    lines.set(route.name, route.line);
    return [route];
  });
}

function readRoute(item: Item): ChartRoute | undefined {
  if (!item.isMap) {
    item.problem('a map is expected');
    return undefined;
  }
  const name = readRequired(item, 'name');
  const scheme = readScheme(item);
  const hostItem = item.get('host');
  const host = hostItem.text();
  const options = readOptions(item.get('options'));
  const { targets, names } = readTargets(item.get('targets'), scheme ?? Scheme.HTTP);
  item.rejectUnknown();
  if (name !== undefined) {
    item.get('name').check(() => serviceName(`${item.path}.name`, name));
  }
  if (host !== undefined) {
    hostItem.check(() => domainName(`${item.path}.host`, host));
  }
  if (name === undefined || scheme === undefined) {
    return undefined;
  }
  if (scheme === Scheme.HTTPS) {
    item.get('scheme').changed('the chart verified no certificate; the proxy does, for the host\'s name (\'tls\' of createProxy says who is trusted)');
  }
  if (host === undefined && targets.length > 0) {
    explainHost(item, name, scheme, targets, names);
  }
  return { path: item.path, line: item.line, name, scheme, host, targets, names, options };
}

/** Without `host` the chart sent a name of its own making, which no external system can have meant. */
function explainHost(item: Item, name: string, scheme: Scheme, targets: string[], names: string[]): void {
  if (targets.length > 1 || (scheme === Scheme.HTTPS && names.length === 0)) {
    item.problem(`it has no 'host': the chart sent "lb-${name}" as Host${scheme === Scheme.HTTPS ? ', and no certificate can be verified without a name' : ''}; add 'host' with the name of the external system`);
  } else {
    item.changed(`without 'host' the chart sent "lb-${name}" as Host; now it is that of the target, ${hostOf(targets[0], names)}`);
  }
}

/** The Host that the proxy sends to its only target: a name, or an address with a port that is not 80. */
function hostOf(only: string, names: string[]): string {
  return only.replace(names.length > 0 ? /:\d+$/ : /:80$/, '');
}

function readRequired(item: Item, key: string): string | undefined {
  const child = item.get(key);
  const text = child.text();
  if (!child.isGiven) {
    item.problem(`it has no '${key}'`);
  }
  return text;
}

function readScheme(item: Item): Scheme | undefined {
  const text = readRequired(item, 'scheme');
  const scheme = Object.values(Scheme).find((each) => (each as string) === text?.toLowerCase());
  if (text !== undefined && scheme === undefined) {
    item.get('scheme').problem('http or https is expected');
  }
  return scheme;
}

function readTargets(item: Item, scheme: Scheme): Pick<ChartRoute, 'targets' | 'names'> {
  const defaultPort = scheme === Scheme.HTTPS ? 443 : 80;
  const targets = new Map<string, boolean>();
  const items = item.list();
  for (const each of items) {
    const text = each.text();
    const address = text === undefined ? undefined : each.check(() => target(each.path, text, defaultPort));
    if (!each.isGiven) {
      each.problem('a target is expected');
    }
    if (!address || text === undefined) {
      continue;
    }
    const key = socketAddress(address.host, address.port);
    if (targets.has(key)) {
      each.changed(`the target ${key} is there twice, which doubled the time that a dead one costs: it is taken once`);
      continue;
    }
    if (scheme === Scheme.HTTPS && !/:\d+$/.test(text)) {
      each.changed('without a port the chart spoke TLS to port 80; now it is 443');
    }
    if (address.isName) {
      each.note('the name is looked up again and again while the proxy runs, by the \'resolvers\' of createProxy; the chart looked it up once');
    }
    targets.set(key, address.isName);
  }
  if (!item.isGiven || (items.length === 0 && Array.isArray(item.value))) {
    item.problem('at least one target is needed');
  }
  const all = [...targets];
  return { targets: all.map(([key]) => key), names: all.filter(([, isName]) => isName).map(([key]) => key) };
}

function readOptions(item: Item): ProxyOptions {
  const seconds = (key: string) => {
    const timeout = item.get(key);
    const value = timeout.positive('a number of seconds');
    return value === undefined ? undefined : timeout.check(() => Duration.millis(milliseconds(timeout.path, Duration.seconds(value))));
  };
  const options = {
    connectTimeout: seconds('connectTimeout'),
    sendTimeout: seconds('sendTimeout'),
    readTimeout: seconds('readTimeout'),
    maxBodySize: readBodySize(item.get('clientMaxBodySize')),
  };
  item.rejectUnknown();
  return options;
}

function readBodySize(item: Item): Size | undefined {
  if (!item.isGiven) {
    return undefined;
  }
  const bytes = nginxBytesOf(String(item.value));
  if (!bytes) {
    item.problem('a size above 0 is expected, such as "16m"; nginx took 0 as "unlimited": say the largest body that there is');
    return undefined;
  }
  const kibi = Math.ceil(bytes / 1024);
  if (kibi * 1024 !== bytes) {
    item.changed(`it is rounded up to ${kibi}k`);
  }
  return item.check(() => Size.kibibytes(kibibytes(item.path, Size.kibibytes(kibi))));
}
