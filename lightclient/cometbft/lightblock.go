package cometbft

import (
	"context"
	"fmt"

	"github.com/cometbft/cometbft/types"

	"github.com/stafiprotocol/stafid/lightclient"
)

// canonical rebuilds a foreign light block from what its header commits to:
// public keys and powers, in the order of the hash. Proposer priorities, the
// proposer and cached sums are not covered by any hash and are dropped, so that a source that alters them
// changes nothing. It checks, in this order: no part missing, the chain id, the
// height asked, no validator twice, every power and their sum, every key and
// address, the header and commit in themselves and for each other. The hash of
// the validators, the dearest of these checks, is left to verify and self.
// Errors: ErrMalformed, ErrWrongChain, ErrHeaderForged.
func canonical(lb *types.LightBlock, chainID string, height int64) (*types.LightBlock, error) {
	if lb == nil || lb.SignedHeader == nil || lb.Header == nil || lb.Commit == nil || lb.ValidatorSet == nil {
		return nil, fmt.Errorf("%w: light block %d is incomplete", lightclient.ErrMalformed, height)
	}
	if lb.ChainID != chainID {
		return nil, fmt.Errorf("%w: %q, want %q", lightclient.ErrWrongChain, lb.ChainID, chainID)
	}
	if lb.Height != height {
		return nil, fmt.Errorf("%w: light block of height %d, want %d", lightclient.ErrHeaderForged, lb.Height, height)
	}
	vals, err := canonicalValidators(lb.ValidatorSet)
	if err != nil {
		return nil, fmt.Errorf("%w: height %d: %w", lightclient.ErrHeaderForged, height, err)
	}
	if err := lb.SignedHeader.ValidateBasic(chainID); err != nil {
		return nil, fmt.Errorf("%w: height %d: %w", lightclient.ErrHeaderForged, height, err)
	}
	return &types.LightBlock{SignedHeader: lb.SignedHeader, ValidatorSet: vals}, nil
}

// canonicalValidators keeps keys and powers, sorted as every CometBFT chain
// hashes them: by power, descending, then address.
func canonicalValidators(foreign *types.ValidatorSet) (*types.ValidatorSet, error) {
	if n := len(foreign.Validators); n == 0 || n > types.MaxVotesCount {
		return nil, fmt.Errorf("%d validators, want 1 to %d", n, types.MaxVotesCount)
	}
	seen := make(map[string]bool, len(foreign.Validators))
	vals := make([]*types.Validator, len(foreign.Validators))
	var total int64
	for i, val := range foreign.Validators {
		if val == nil {
			return nil, fmt.Errorf("validator %d is missing", i)
		}
		if seen[string(val.Address)] {
			return nil, fmt.Errorf("validator %d: address %s is listed twice", i, val.Address)
		}
		seen[string(val.Address)] = true
		if val.VotingPower <= 0 || val.VotingPower > types.MaxTotalVotingPower-total {
			return nil, fmt.Errorf("validator %d: power %d on top of %d, want 1 to %d in all", i, val.VotingPower, total, types.MaxTotalVotingPower)
		}
		total += val.VotingPower
		vals[i] = &types.Validator{Address: val.Address, PubKey: val.PubKey, VotingPower: val.VotingPower}
	}
	return types.ValidatorSetFromExistingValidators(vals)
}

// lightBlockFrom requests a light block, in canonical form.
func (c *Client) lightBlockFrom(height int64) func(context.Context, Source) (*types.LightBlock, error) {
	return func(ctx context.Context, source Source) (*types.LightBlock, error) {
		lb, err := source.LightBlock(ctx, height)
		if err != nil {
			return nil, err
		}
		return canonical(lb, c.cfg.ChainID, height)
	}
}
