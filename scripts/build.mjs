import { compile, writeApi } from './steps.mjs';

try {
  await compile();
  await writeApi();
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
