// Package cometbft verifies CometBFT chains by skipping verification.
//
// The verifier is CometBFT's own pure functions (light.Verify,
// light.VerifyBackwards, types.VerifyCommitLight); everything around them is
// ours: sources are untrusted, hedged and scored (Pool), no pair of headers is
// verified twice (bisect), a conflicting header counts only if it is validly
// signed, and every step is one durable batch.
//
// What is proven, and from what:
//
//	header       commit by > 2/3 of its validators and > 1/3 of trusted ones,
//	             or a chain of LastBlockID hashes from a verified later header
//	transactions DataHash of their own header
//	results      LastResultsHash of the next header
//	state values ICS-23 (iavl, then simple) to AppHash of the next header
//
// See README.md for the order of checks, the store's layout and what is not
// supported.
package cometbft
