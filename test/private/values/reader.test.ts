import { Item, ValuesReport } from '../../../lib/private/values/reader';

const read = (...lines: string[]) => Item.parse(lines.join('\n'));
const problemsOf = ({ problems }: ValuesReport) => problems.map(({ line, message }) => `line ${line}: ${message}`);

/** What is found and wrong when one item `a` is read. */
function readItem<T>(text: string, how: (item: Item) => T): { value: T; findings: string[]; problems: string[] } {
  const { root, report } = read(`a: ${text}`);
  const value = how(root.get('a'));
  return { value, findings: report.findings.map(({ message }) => message), problems: problemsOf(report) };
}

describe('text', () => {
  const text = (yaml: string) => readItem(yaml, (item) => item.text());

  test.each([['nginx', 'nginx'], ['"yes"', 'yes'], ['\'1.30\'', '1.30'], ['1.24.0', '1.24.0'], ['10.10.20.0', '10.10.20.0'], ['""', '']])('%s is %j', (yaml, value) => {
    expect(text(yaml)).toEqual({ value, findings: [], problems: [] });
  });

  test.each(['', 'null', '~'])('of %j is none', (yaml) => {
    expect(text(yaml)).toEqual({ value: undefined, findings: [], problems: [] });
  });

  test('of a number is the number as it stands in the file', () => {
    expect(text('80')).toEqual({ value: '80', findings: [], problems: [] });
    expect(text('1.30')).toEqual({ value: '1.30', findings: ['without quotes YAML reads 1.30 as the number 1.3; it is taken as "1.30"'], problems: [] });
  });

  test.each([['yes', 'true'], ['[ b ]', '["b"]'], ['{ b: c }', '{"b":"c"}']])('is not %s', (yaml, shown) => {
    expect(text(yaml).problems).toEqual([`line 1: 'a' is ${shown}: text is expected`]);
  });
});

describe('true and false', () => {
  const boolean = (yaml: string) => readItem(yaml, (item) => item.boolean());

  test.each([['true', true], ['yes', true], ['on', true], ['Yes', true], ['false', false], ['no', false], ['off', false], ['null', undefined], ['', undefined]])(
    '%s is %s, as Helm reads it', (yaml, value) => {
      expect(boolean(yaml)).toEqual({ value, findings: [], problems: [] });
    });

  test.each([['"true"', '"true"'], ['"yes"', '"yes"'], ['1', '1'], ['enabled', '"enabled"']])('are not %s', (yaml, shown) => {
    expect(boolean(yaml).problems).toEqual([`line 1: 'a' is ${shown}: true or false is expected, without quotes`]);
  });
});

describe('a whole number', () => {
  const positive = (yaml: string) => readItem(yaml, (item) => item.positive('a number of seconds'));

  test.each([['60', 60], ['"60"', 60], ['null', undefined]])('%s is %s', (yaml, value) => {
    expect(positive(yaml)).toEqual({ value, findings: [], problems: [] });
  });

  test.each([['0', '0'], ['-1', '-1'], ['1.5', '1.5'], ['60s', '"60s"'], ['"0"', '"0"'], ['yes', 'true'], ['[ 1 ]', '[1]']])('is not %s', (yaml, shown) => {
    expect(positive(yaml).problems).toEqual([`line 1: 'a' is ${shown}: a number of seconds is expected, a whole number above 0`]);
  });
});

describe('a list', () => {
  test('has items with their paths and lines', () => {
    const { root } = read('routers:', '  - name: b', '  - c', '  -');

    expect(root.get('routers').list().map(({ path, line, value }) => [path, line, value])).toEqual([
      ['routers[0]', 2, { name: 'b' }],
      ['routers[1]', 3, 'c'],
      ['routers[2]', 4, null],
    ]);
  });

  test.each(['', 'null', '[]'])('of %j is empty', (yaml) => {
    expect(readItem(yaml, (item) => item.list())).toEqual({ value: [], findings: [], problems: [] });
  });

  test('is not a single value, which is refused with the fix', () => {
    expect(readItem('10.10.20.0', (item) => item.list()).problems).toEqual(['line 1: \'a\' is "10.10.20.0": a list is expected: write "[ 10.10.20.0 ]"']);
    expect(readItem('{ b: c }', (item) => item.list()).problems).toEqual(['line 1: \'a\' is {"b":"c"}: a list is expected']);
  });
});

describe('a map', () => {
  test('has items by their keys, which may be numbers and yes', () => {
    const { root } = read('a: { b: 1, 8443: 2, yes: 3, "d e": 4 }');
    const item = root.get('a');

    expect(item.keys()).toEqual(['b', '8443', 'true', 'd e']);
    expect(item.keys().map((key) => item.get(key).value)).toEqual([1, 2, 3, 4]);
    expect(item.isMap).toBe(true);
  });

  test.each(['', 'null', '{}'])('of %j is empty', (yaml) => {
    expect(readItem(yaml, (item) => item.keys())).toEqual({ value: [], findings: [], problems: [] });
  });

  test.each([['b', '"b"'], ['[ b ]', '["b"]']])('is not %s', (yaml, shown) => {
    expect(readItem(yaml, (item) => item.keys()).problems).toEqual([`line 1: 'a' is ${shown}: a map is expected`]);
    expect(readItem(yaml, (item) => item.isMap).value).toBe(false);
  });

  test('is what a file has to be', () => {
    const { root, report } = read('- a');
    root.rejectUnknown();

    expect(problemsOf(report)).toEqual(['line 1: the file is ["a"]: a map is expected']);
  });

  test('says which of its keys nobody asked for', () => {
    const { root, report } = read('a:', '  known: 1', '  other: 2', '  more: 3');
    const item = root.get('a');
    item.get('known');
    item.rejectUnknown();

    const message = 'the proxy has nothing of that name: it is not carried over';
    expect(report.findings).toEqual([{ path: 'a.other', message, changed: true }, { path: 'a.more', message, changed: true }]);
  });
});

describe('the line', () => {
  const { root } = read('# a comment', 'a:', '  b:', '    - c: 1', '      d: 2', 'e: 3');
  const [item] = root.get('a').get('b').list();

  test('is where the item stands', () => {
    expect([item.line, item.get('d').line, root.get('e').line]).toEqual([4, 5, 6]);
  });

  test('of what is not there is that of what it belongs to', () => {
    expect([item.get('missing').line, item.get('missing').get('deeper').line, root.get('missing').line]).toEqual([4, 4, 2]);
  });

  test('of an empty file is the first', () => {
    expect(read('').root.get('a').line).toBe(1);
  });
});

describe('anchors', () => {
  const { root, report } = read(
    'slow: &slow { readTimeout: 120 }',
    'large: &large { readTimeout: 60, size: 1g }',
    'a: *slow',
    'b: { <<: *slow, sendTimeout: 3 }',
    'c: { <<: [ *slow, *large ], size: 2g }',
    'd: [ *slow ]',
  );

  test('stand for what they name, with the line of their own', () => {
    expect(root.get('a').get('readTimeout').positive('a number')).toBe(120);
    expect(root.get('d').list()[0].value).toEqual({ readTimeout: 120 });
    expect(root.get('a').line).toBe(3);
  });

  test('are merged into maps: what stands there wins, and of several the first', () => {
    expect(root.get('b').keys()).toEqual(['readTimeout', 'sendTimeout']);
    expect(root.get('c').value).toEqual({ readTimeout: 120, size: '2g' });
    expect(Object.fromEntries(root.get('c').keys().map((key) => [key, root.get('c').get(key).value]))).toEqual({ readTimeout: 120, size: '2g' });
  });

  test('have no problems', () => {
    expect(report.problems).toEqual([]);
  });

  test('that are not there are problems', () => {
    expect(problemsOf(read('a: 1', 'b: *a').report)).toEqual(['line 2: "*a" has no "&a" in front of it']);
  });
});

describe('a file that is no YAML', () => {
  test.each([
    ['a key that is there twice', ['a: 1', 'b:', '  c: 2', '  c: 3'], ['line 4: Map keys must be unique']],
    ['a bracket that is open', ['a: [ b', 'c: 1'], ['line 2: Flow sequence in block collection must be sufficiently indented and end with a ]']],
    ['a tab as indentation', ['a:', '\tb: 1'], ['line 2: Tabs are not allowed as indentation']],
    ['a second document', ['a: 1', '---', 'b: 2'], ['line 2: a second document starts here, and a values.yaml has one']],
  ])('says where: %s', (_, lines, problems) => {
    expect(problemsOf(read(...lines).report)).toEqual(expect.arrayContaining(problems));
  });
});

test('the refusal of a check is a problem of the item', () => {
  const { root, report } = read('a: 1', 'b: 2');
  const refusing = () => {
    throw new Error('\'b\' is 2: it cannot be');
  };

  expect(root.get('b').check(refusing)).toBeUndefined();
  expect(root.get('b').check(() => 'fine')).toBe('fine');
  expect(report.problems).toEqual([{ line: 2, message: '\'b\' is 2: it cannot be' }]);
});

test('findings say where, what, and whether something is changed', () => {
  const { root, report } = read('a: { b: 1 }');
  root.get('a').get('b').note('worth knowing');
  root.get('a').changed('not as it was');

  expect(report.findings).toEqual([{ path: 'a.b', message: 'worth knowing', changed: false }, { path: 'a', message: 'not as it was', changed: true }]);
});
