// Compiles StafiDeposit.sol and takes the Safe's artifacts out of their package.
//
//   node build.js write   writes deposit/StafiDeposit.json and safe/artifacts.json
//   node build.js check   fails, naming the file, if one of them is not what sources, compiler and package give
//
// The compiler is the WebAssembly build of package solc at the version in package-lock.json, so the same bytes come out everywhere.
'use strict';

const fs = require('fs');
const path = require('path');
const solc = require('solc');

const SOURCE = 'StafiDeposit.sol';
const CONTRACT = 'StafiDeposit';

// Shanghai: every network of interest has it. No metadata, so that the bytecode depends on nothing but the code.
const settings = {
  evmVersion: 'shanghai',
  optimizer: { enabled: true, runs: 1000000 },
  viaIR: false,
  metadata: { appendCBOR: false, bytecodeHash: 'none' },
  outputSelection: { '*': { '*': ['abi', 'evm.bytecode.object', 'evm.deployedBytecode.object', 'evm.deployedBytecode.immutableReferences'] } },
};

const SAFE_PACKAGE = '@safe-global/safe-contracts';
const safeContracts = {
  Safe: 'Safe.sol',
  SafeProxyFactory: 'proxies/SafeProxyFactory.sol',
  SafeProxy: 'proxies/SafeProxy.sol',
  MultiSend: 'libraries/MultiSend.sol',
  MultiSendCallOnly: 'libraries/MultiSendCallOnly.sol',
};

function compile() {
  const content = fs.readFileSync(path.join(__dirname, SOURCE), 'utf8');
  const input = { language: 'Solidity', sources: { [SOURCE]: { content } }, settings };
  const output = JSON.parse(solc.compile(JSON.stringify(input)));
  for (const problem of output.errors || []) {
    throw new Error(problem.formattedMessage);
  }
  const { abi, evm } = output.contracts[SOURCE][CONTRACT];
  const { outputSelection, ...recorded } = settings;
  return {
    contract: CONTRACT,
    compiler: solc.version(),
    settings: recorded,
    abi,
    bytecode: '0x' + evm.bytecode.object,
    deployedBytecode: '0x' + evm.deployedBytecode.object,
    // Where the deployed code holds SAFE, 32 bytes each.
    immutables: Object.values(evm.deployedBytecode.immutableReferences).flat().map(({ start }) => start),
  };
}

function safe() {
  const artifacts = { package: `${SAFE_PACKAGE}@${require(`${SAFE_PACKAGE}/package.json`).version}`, contracts: {} };
  for (const [name, file] of Object.entries(safeContracts)) {
    const { abi, bytecode, deployedBytecode } = require(`${SAFE_PACKAGE}/build/artifacts/contracts/${file}/${name}.json`);
    artifacts.contracts[name] = { abi, bytecode, deployedBytecode };
  }
  return artifacts;
}

const made = {
  'deposit/StafiDeposit.json': () => JSON.stringify(compile(), null, 2) + '\n',
  'safe/artifacts.json': () => JSON.stringify(safe(), null, 1) + '\n',
};

const actions = {
  write: (file, content) => fs.writeFileSync(file, content),
  check: (file, content) => {
    if (fs.readFileSync(file, 'utf8') !== content) {
      throw new Error(`${file} is not what its sources give: npm run build`);
    }
  },
};

const act = actions[process.argv[2]];
if (!act) throw new Error('usage: node build.js write|check');
for (const [file, content] of Object.entries(made)) {
  act(path.join(__dirname, file), content());
}
