// Promise.withResolvers, which dependencies of Lodestar call, came with Node.js 22.
if (Promise.withResolvers === undefined) {
  Promise.withResolvers = function () {
    let resolve, reject;
    const promise = new this((fulfil, refuse) => {
      resolve = fulfil;
      reject = refuse;
    });
    return { promise, resolve, reject };
  };
}

// bcrypto, of the peer discovery that no test uses, then needs no native code.
process.env.NODE_BACKEND ??= "js";
