package keeper

import (
	"context"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"
)

// endedRound returns the era of the oldest ended round whose dealings and decryptions are not all removed.
func (k Keeper) endedRound(ctx context.Context) (era uint64, found bool, err error) {
	iterator, err := k.EndedRounds.Iterate(ctx, nil)
	if err != nil {
		return 0, false, err
	}
	defer iterator.Close()
	if !iterator.Valid() {
		return 0, false, nil
	}
	era, err = iterator.Key()
	return era, err == nil, err
}

// pruneEndedRound deletes up to left dealings and decryptions of the oldest ended round: 64 and 64·64 records at most.
func (k Keeper) pruneEndedRound(ctx context.Context, left *int) error {
	era, found, err := k.endedRound(ctx)
	if err != nil {
		return err
	}
	if !found {
		return k.Chores.Remove(ctx, choreRounds)
	}
	done, err := removeSome(ctx, k.Dealings, collections.NewPrefixedPairRange[uint64, sdk.ValAddress](era), left)
	if err != nil || !done {
		return err
	}
	done, err = removeSome(ctx, k.Decryptions, collections.NewPrefixedTripleRange[uint64, sdk.ValAddress, sdk.ValAddress](era), left)
	if err != nil || !done {
		return err
	}
	return k.EndedRounds.Remove(ctx, era)
}

// pruneRound deletes up to left records of an era's round and says whether none is left.
func (k Keeper) pruneRound(ctx context.Context, era uint64, left *int) (bool, error) {
	done, err := removeSome(ctx, k.Dealers, collections.NewPrefixedPairRange[uint64, sdk.ValAddress](era), left)
	if err != nil || !done {
		return false, err
	}
	return true, k.Rounds.Remove(ctx, era)
}
