// The part of snappy 6 that @chainsafe/snappy-stream calls, in JavaScript: no compiler is needed to install Lodestar.
const snappyjs = require("snappyjs");

function later(work) {
  return (input, options, callback) => {
    const done = callback ?? options;
    let result;
    try {
      result = Buffer.from(work(Buffer.from(input)));
    } catch (error) {
      return process.nextTick(done, error);
    }
    process.nextTick(done, null, result);
  };
}

exports.compress = later(snappyjs.compress);
exports.uncompress = later(snappyjs.uncompress);
exports.compressSync = (input) => Buffer.from(snappyjs.compress(Buffer.from(input)));
exports.uncompressSync = (input) => Buffer.from(snappyjs.uncompress(Buffer.from(input)));
