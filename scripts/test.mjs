import { checkApi, compile, jest, lint, typeCheck } from './steps.mjs';

// these need nothing of each other, and the complaints of all are wanted at once
const checks = await Promise.allSettled([typeCheck(), lint(), compile().then(checkApi)]);
const failures = checks.filter((check) => check.status === 'rejected').map((check) => check.reason.message);
if (failures.length > 0) {
  console.error(failures.join('\n\n'));
  process.exit(1);
}

try {
  // arguments choose among the tests: npm test -- test/package
  await jest(process.argv.slice(2));
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
