import { refuse } from './refuse';

/** Refuses a name that is in a list twice. */
export function checkUnique(prop: string, names: string[]): void {
  const seen = new Map<string, number>();
  names.forEach((name, i) => {
    const twin = seen.get(name);
    if (twin !== undefined) {
      throw refuse(`${prop}[${i}]`, name, `${prop}[${twin}] is the same`);
    }
    seen.set(name, i);
  });
}
