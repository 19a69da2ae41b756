/** The lines of generated nginx text without indentation and alignment. */
export function linesOf(text: string): string[] {
  return text.split('\n').map((line) => line.trim().replace(/ {2,}/g, ' '));
}

/** The blocks of a kind, each with its own lines and those of the blocks inside of it; the first is the head: `upstream prod {`. */
export function blocks(text: string, kind: string): string[][] {
  const found: string[][] = [];
  let current: { lines: string[]; indent: string } | undefined;
  for (const line of text.split('\n')) {
    const indent = /^ */.exec(line)?.[0] ?? '';
    if (!current && line.trim().startsWith(`${kind} `) && line.endsWith('{')) {
      current = { lines: [], indent };
      found.push(current.lines);
    }
    current?.lines.push(...linesOf(line).filter(Boolean));
    if (line === `${current?.indent}}`) {
      current = undefined;
    }
  }
  return found;
}

/** The servers that answer a name, in the order of the text. */
export function serversOf(text: string, name: string): string[][] {
  return blocks(text, 'server').filter((lines) => lines.some((line) => new RegExp(`^server_name .*(?<= )${name.replace(/[.*]/g, '\\$&')}[ ;]`).test(line)));
}

/** The one server that answers a name on a port. */
export function serverOf(text: string, name: string, port: number): string[] {
  const found = serversOf(text, name).filter((lines) => lines.some((line) => new RegExp(`^listen ${port}[ ;]`).test(line)));
  expect(found).toHaveLength(1);
  return found[0];
}

/** The `server` lines of an upstream, without notes and comments. */
export function members(text: string, upstream: string): string[] {
  const [lines] = blocks(text, 'upstream').filter(([head]) => head === `upstream ${upstream} {`);
  return lines.filter((line) => line.startsWith('server ')).map((line) => line.replace(/ # .*$/, ''));
}

/** The value of a directive that stands once in some lines. */
export function valueOf(lines: string[], directive: string): string | undefined {
  const found = lines.filter((line) => line.startsWith(`${directive} `));
  expect(found.length).toBeLessThanOrEqual(1);
  return found[0]?.slice(directive.length + 1, -1);
}
