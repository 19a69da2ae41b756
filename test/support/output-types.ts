import { YamlOutputType } from 'cdk8s';

/** All ways in which cdk8s lays its output out, by name for the title of a test. */
export const OUTPUT_TYPES = Object.entries(YamlOutputType).filter((entry): entry is [string, YamlOutputType] => typeof entry[1] === 'number');
