import { refuse } from './refuse';

/** Refuses a name that is in a list twice; `given` is what the user wrote, where names have several spellings. */
export function checkUnique(prop: string, names: string[], given: string[] = names): void {
  const seen = new Map<string, number>();
  names.forEach((name, i) => {
    const twin = seen.get(name);
    if (twin !== undefined) {
      throw refuse(`${prop}[${i}]`, given[i], `${prop}[${twin}] is the same`);
    }
    seen.set(name, i);
  });
}

/** Refuses what is no list; a program without types may say anything. */
export function checkList(prop: string, values: string[]): void {
  if (!Array.isArray(values)) {
    throw refuse(prop, values, 'a list is expected');
  }
}
