module.exports = {
  // ts first: an import means the source, also where something compiled lies beside it
  moduleFileExtensions: ['ts', 'js', 'json'],
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  modulePathIgnorePatterns: ['<rootDir>/build/', '<rootDir>/dist/', '<rootDir>/dist-jsii/'],
  testEnvironment: 'node',
  // only strips the types: tsc checks them
  transform: {
    '\\.ts$': ['@swc/jest', { jsc: { parser: { syntax: 'typescript' }, target: 'es2020' }, module: { type: 'commonjs' } }],
  },
  // real nginx: fetched once, before the first test
  globalSetup: '<rootDir>/test/real/support/global-setup.ts',
  testTimeout: 60_000,
  maxWorkers: 2,
};
