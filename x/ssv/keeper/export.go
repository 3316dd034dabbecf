package keeper

import (
	"context"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/x/ssv/types"
)

// ExportGenesis returns the whole state but the consensus set, every list in key order.
func (k Keeper) ExportGenesis(ctx context.Context) (*types.GenesisState, error) {
	genesis := &types.GenesisState{}
	for _, export := range []func(context.Context, *types.GenesisState) error{
		k.exportEras, k.exportCandidates, k.exportRecords, k.exportPools, k.exportCommittees, k.exportAccounts, k.exportCalls,
		k.exportEmergencies, k.exportSettlements,
		k.exportRounds,
	} {
		if err := export(ctx, genesis); err != nil {
			return nil, err
		}
	}
	return genesis, nil
}

func (k Keeper) exportEras(ctx context.Context, genesis *types.GenesisState) (err error) {
	if genesis.Params, err = k.Params.Get(ctx); err != nil {
		return err
	}
	if era, found, err := maybeItem(ctx, k.Era); err != nil {
		return err
	} else if found {
		genesis.Era = &era
	}
	if transition, found, err := maybeItem(ctx, k.Transition); err != nil {
		return err
	} else if found {
		genesis.Transition = &transition
	}
	genesis.Eras, err = values(ctx, k.EraRecords)
	return err
}

func (k Keeper) exportCandidates(ctx context.Context, genesis *types.GenesisState) (err error) {
	if genesis.Candidates, err = values(ctx, k.Candidates); err != nil {
		return err
	}
	if genesis.Heartbeats, err = values(ctx, k.Heartbeats); err != nil {
		return err
	}
	err = k.Keys.Walk(ctx, nil, func(key, operator []byte) (bool, error) {
		text, err := k.operator(operator)
		genesis.Keys = append(genesis.Keys, types.GenesisKey{Key: key, Operator: text})
		return err != nil, err
	})
	if err != nil {
		return err
	}
	err = k.Submitters.Walk(ctx, nil, func(submitter sdk.AccAddress, operator []byte) (bool, error) {
		text, err := k.operator(operator)
		if err != nil {
			return true, err
		}
		account, err := k.addresses.BytesToString(submitter)
		genesis.Submitters = append(genesis.Submitters, types.GenesisSubmitter{Submitter: account, Operator: text})
		return err != nil, err
	})
	if err != nil {
		return err
	}
	return exportByOperator(ctx, k, k.Liveness, func(operator string, liveness types.Liveness) {
		genesis.Liveness = append(genesis.Liveness, types.GenesisLiveness{Operator: operator, Liveness: liveness})
	})
}

func (k Keeper) exportRecords(ctx context.Context, genesis *types.GenesisState) (err error) {
	if genesis.SlashRecords, err = values(ctx, k.SlashRecords); err != nil {
		return err
	}
	err = exportByOperator(ctx, k, k.Tenures, func(operator string, era uint64) {
		genesis.Tenures = append(genesis.Tenures, types.GenesisTenure{Operator: operator, Era: era})
	})
	if err != nil {
		return err
	}
	return exportByOperator(ctx, k, k.Bans, func(operator string, until uint64) {
		genesis.Bans = append(genesis.Bans, types.GenesisBan{Operator: operator, UntilEra: until})
	})
}

func (k Keeper) exportPools(ctx context.Context, genesis *types.GenesisState) error {
	freezes, err := values(ctx, k.Freezes)
	if err != nil {
		return err
	}
	for _, freeze := range freezes {
		entries, err := k.poolEntries(ctx, freeze)
		if err != nil {
			return err
		}
		genesis.Pools = append(genesis.Pools, types.GenesisPool{Freeze: freeze, Entries: entries})
	}
	return nil
}

func (k Keeper) exportCommittees(ctx context.Context, genesis *types.GenesisState) (err error) {
	if genesis.Committees, err = values(ctx, k.Committees); err != nil {
		return err
	}
	if genesis.Elected, err = values(ctx, k.Elected); err != nil {
		return err
	}
	excluded, err := k.excludedTexts(ctx)
	genesis.Excluded = excluded
	return err
}

func (k Keeper) excludedTexts(ctx context.Context) ([]string, error) {
	operators, err := k.excludedOperators(ctx)
	if err != nil {
		return nil, err
	}
	var texts []string
	for _, operator := range operators {
		text, err := k.operator(operator)
		if err != nil {
			return nil, err
		}
		texts = append(texts, text)
	}
	return texts, nil
}

func (k Keeper) exportAccounts(ctx context.Context, genesis *types.GenesisState) (err error) {
	if genesis.DutyAccounts, err = values(ctx, k.DutyAccounts); err != nil {
		return err
	}
	genesis.HeartbeatAccounts, err = values(ctx, k.HeartbeatAccounts)
	return err
}

// values returns all records of a map in key order.
func values[K, V any](ctx context.Context, m collections.Map[K, V]) ([]V, error) {
	iterator, err := m.Iterate(ctx, nil)
	if err != nil {
		return nil, err
	}
	return iterator.Values()
}

func exportByOperator[V any](
	ctx context.Context, k Keeper, m collections.Map[sdk.ValAddress, V], add func(operator string, value V),
) error {
	return m.Walk(ctx, nil, func(operator sdk.ValAddress, value V) (bool, error) {
		text, err := k.operator(operator)
		if err != nil {
			return true, err
		}
		add(text, value)
		return false, nil
	})
}
