package keeper

import (
	"context"
	"crypto/sha256"
	"encoding/binary"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/x/ssv/types"
)

// SeedSource gives the seed of the election at an era's end, once its pool is frozen.
type SeedSource interface {
	// Seed returns 32 bytes and whether they are known yet.
	Seed(ctx context.Context, freeze types.Freeze) (seed []byte, known bool, err error)
}

// interimSeed is SHA-256(chain-id ‖ be64(era) ‖ app hash at the freeze height).
//
// It is weak on purpose and stands only until the publicly verifiable secret sharing of protocol §3 takes its place behind
// SeedSource: the proposer of the freeze's last block chooses the app hash among as many as it can compute. A network that
// holds value must not elect by it.
type interimSeed struct{}

// Seed is known in the block after the freeze, whose header carries the app hash of the freeze height.
func (interimSeed) Seed(ctx context.Context, freeze types.Freeze) ([]byte, bool, error) {
	header := sdk.UnwrapSDKContext(ctx).BlockHeader()
	if header.Height <= freeze.Height {
		return nil, false, nil
	}
	preimage := binary.BigEndian.AppendUint64([]byte(header.ChainID), freeze.Era)
	seed := sha256.Sum256(append(preimage, header.AppHash...))
	return seed[:], true, nil
}
