package keeper

import (
	"context"
	"fmt"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/x/ssv/types"
)

// loadRounds restores the rounds and the seed that genesis names for the first election.
func (k Keeper) loadRounds(ctx context.Context, genesis types.GenesisState) error {
	if len(genesis.FirstSeed) > 0 {
		if err := k.FirstSeed.Set(ctx, genesis.FirstSeed); err != nil {
			return err
		}
	}
	for _, round := range genesis.Rounds {
		if err := k.loadRound(ctx, round); err != nil {
			return err
		}
	}
	return nil
}

// abandoned is a round that runs on another chain than this: nothing that was dealt or is yet to be opened is proved for this one. It failed,
// and without dealers nobody is blamed for it; any other round is kept as it is.
func abandoned(ctx context.Context, genesis types.GenesisRound) types.GenesisRound {
	here, round := sdk.UnwrapSDKContext(ctx).ChainID(), genesis.Round
	if !round.Running() || round.ChainId == here {
		return genesis
	}
	return types.GenesisRound{Round: types.Round{
		Era: round.Era, Status: types.ROUND_STATUS_FAILED, FreezeHeight: round.FreezeHeight, DealEnd: round.DealEnd,
		MaxDealingsPerBlock: round.MaxDealingsPerBlock, ChainId: round.ChainId, Anchor: round.Anchor,
		Reason: fmt.Sprintf("the round was opened on %s and the state went on as %s", round.ChainId, here),
	}}
}

func (k Keeper) loadRound(ctx context.Context, genesis types.GenesisRound) error {
	genesis = abandoned(ctx, genesis)
	era := genesis.Round.Era
	if err := k.Rounds.Set(ctx, era, genesis.Round); err != nil {
		return err
	}
	if !genesis.Round.Running() && len(genesis.Dealings)+len(genesis.Decryptions) > 0 {
		if err := k.EndedRounds.Set(ctx, era); err != nil {
			return err
		}
	}
	err := load(ctx, k, genesis.Dealers, func(d types.Dealer) string { return d.Operator },
		func(ctx context.Context, operator sdk.ValAddress, d types.Dealer) error {
			return k.Dealers.Set(ctx, collections.Join(era, operator), d)
		})
	if err != nil {
		return err
	}
	err = load(ctx, k, genesis.Dealings, func(d types.GenesisDealing) string { return d.Operator },
		func(ctx context.Context, operator sdk.ValAddress, d types.GenesisDealing) error {
			return k.Dealings.Set(ctx, collections.Join(era, operator), d.Dealing)
		})
	if err != nil {
		return err
	}
	return load(ctx, k, genesis.Decryptions, func(d types.GenesisDecryption) string { return d.Dealer },
		func(ctx context.Context, dealer sdk.ValAddress, d types.GenesisDecryption) error {
			decryptor, err := k.rawOperator(d.Decryptor)
			if err != nil {
				return err
			}
			return k.Decryptions.Set(ctx, collections.Join3(era, dealer, decryptor), d.Decryption)
		})
}

func (k Keeper) exportRounds(ctx context.Context, genesis *types.GenesisState) error {
	first, _, err := maybeItem(ctx, k.FirstSeed)
	if err != nil {
		return err
	}
	genesis.FirstSeed = first
	rounds, err := values(ctx, k.Rounds)
	if err != nil {
		return err
	}
	for _, round := range rounds {
		exported, err := k.exportRound(ctx, round)
		if err != nil {
			return err
		}
		genesis.Rounds = append(genesis.Rounds, exported)
	}
	return nil
}

func (k Keeper) exportRound(ctx context.Context, round types.Round) (types.GenesisRound, error) {
	exported := types.GenesisRound{Round: round}
	dealers, err := k.dealersOf(ctx, round.Era)
	if err != nil {
		return exported, err
	}
	for _, dealer := range dealers {
		exported.Dealers = append(exported.Dealers, dealer.Dealer)
		dealing, found, err := maybe(ctx, k.Dealings, collections.Join(round.Era, dealer.raw))
		if err != nil {
			return exported, err
		}
		if found {
			exported.Dealings = append(exported.Dealings, types.GenesisDealing{Operator: dealer.Operator, Dealing: dealing})
		}
	}
	ranger := collections.NewPrefixedTripleRange[uint64, sdk.ValAddress, sdk.ValAddress](round.Era)
	err = k.Decryptions.Walk(ctx, ranger,
		func(key collections.Triple[uint64, sdk.ValAddress, sdk.ValAddress], decryption types.Decryption) (bool, error) {
			dealer, err := k.operator(key.K2())
			if err != nil {
				return true, err
			}
			decryptor, err := k.operator(key.K3())
			exported.Decryptions = append(exported.Decryptions, types.GenesisDecryption{Dealer: dealer, Decryptor: decryptor, Decryption: decryption})
			return err != nil, err
		})
	return exported, err
}
