package keeper

import (
	"context"

	abci "github.com/cometbft/cometbft/abci/types"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/x/ssv/types"
)

// InitGenesis restores the state and returns the whole consensus set: the bonded validators less the excluded operators. It must
// run after x/genutil's.
func (k Keeper) InitGenesis(ctx context.Context, genesis types.GenesisState) ([]abci.ValidatorUpdate, error) {
	if err := genesis.Validate(); err != nil {
		return nil, err
	}
	if err := k.checkUnbonding(ctx, genesis.Params); err != nil {
		return nil, err
	}
	for _, load := range []func(context.Context, types.GenesisState) error{
		k.loadEras, k.loadCandidates, k.loadSigns, k.loadRecords, k.loadPools, k.loadCommittees, k.loadAccounts, k.loadCalls, k.loadRounds,
		k.loadTenures, k.loadEmergencies, k.loadSettlements,
		k.loadFirstStakes,
	} {
		if err := load(ctx, genesis); err != nil {
			return nil, err
		}
	}
	if err := k.measureAll(ctx); err != nil {
		return nil, err
	}
	if err := k.markAllChores(ctx); err != nil {
		return nil, err
	}
	return k.initConsensusSet(ctx)
}

func (k Keeper) initConsensusSet(ctx context.Context) ([]abci.ValidatorUpdate, error) {
	pending, err := k.staking.PendingConsKeyRotations(ctx)
	if err != nil {
		return nil, err
	}
	next, _, err := k.project(ctx, pending, keyForGenesis(sdk.UnwrapSDKContext(ctx).BlockHeight()))
	if err != nil {
		return nil, err
	}
	return k.replaceConsensusSet(ctx, next)
}

func (k Keeper) loadEras(ctx context.Context, genesis types.GenesisState) error {
	if err := k.Params.Set(ctx, genesis.Params); err != nil {
		return err
	}
	for _, record := range genesis.Eras {
		if err := k.EraRecords.Set(ctx, record.Era.Number, record); err != nil {
			return err
		}
	}
	if len(genesis.Eras) > 0 {
		if err := k.OldestEra.Set(ctx, genesis.Eras[0].Era.Number); err != nil {
			return err
		}
	}
	if genesis.Era == nil {
		return nil
	}
	if genesis.Transition != nil {
		if err := k.Transition.Set(ctx, *genesis.Transition); err != nil {
			return err
		}
	}
	return k.Era.Set(ctx, *genesis.Era)
}

func (k Keeper) loadCandidates(ctx context.Context, genesis types.GenesisState) error {
	err := load(ctx, k, genesis.Candidates, func(c types.Candidate) string { return c.Operator }, k.Candidates.Set)
	if err != nil {
		return err
	}
	for _, key := range genesis.Keys {
		operator, err := k.rawOperator(key.Operator)
		if err != nil {
			return err
		}
		if err := k.Keys.Set(ctx, key.Key, operator); err != nil {
			return err
		}
	}
	for _, tie := range genesis.Submitters {
		operator, err := k.rawOperator(tie.Operator)
		if err != nil {
			return err
		}
		if err := k.tieSubmitter(ctx, operator, tie.Submitter); err != nil {
			return err
		}
	}
	return nil
}

func (k Keeper) loadSigns(ctx context.Context, genesis types.GenesisState) error {
	if err := load(ctx, k, genesis.Heartbeats, func(h types.Heartbeat) string { return h.Operator }, k.Heartbeats.Set); err != nil {
		return err
	}
	return load(ctx, k, genesis.Liveness, func(l types.GenesisLiveness) string { return l.Operator },
		func(ctx context.Context, operator sdk.ValAddress, l types.GenesisLiveness) error {
			return k.Liveness.Set(ctx, operator, l.Liveness)
		})
}

func (k Keeper) loadRecords(ctx context.Context, genesis types.GenesisState) error {
	if err := load(ctx, k, genesis.SlashRecords, func(r types.SlashRecord) string { return r.Operator }, k.SlashRecords.Set); err != nil {
		return err
	}
	err := load(ctx, k, genesis.Bans, func(b types.GenesisBan) string { return b.Operator },
		func(ctx context.Context, operator sdk.ValAddress, b types.GenesisBan) error {
			return k.Bans.Set(ctx, operator, b.UntilEra)
		})
	if err != nil {
		return err
	}
	return load(ctx, k, genesis.Tenures, func(t types.GenesisTenure) string { return t.Operator },
		func(ctx context.Context, operator sdk.ValAddress, t types.GenesisTenure) error {
			return k.Tenures.Set(ctx, operator, t.Era)
		})
}

func (k Keeper) loadPools(ctx context.Context, genesis types.GenesisState) error {
	for _, frozen := range genesis.Pools {
		era := frozen.Freeze.Era
		if err := k.Freezes.Set(ctx, era, frozen.Freeze); err != nil {
			return err
		}
		if len(frozen.Entries) > 0 {
			if err := k.setOldestPool(ctx, era); err != nil {
				return err
			}
		}
		if err := k.SetPool(ctx, frozen.Freeze, frozen.Entries); err != nil {
			return err
		}
	}
	return nil
}

func (k Keeper) loadCommittees(ctx context.Context, genesis types.GenesisState) error {
	for _, committee := range genesis.Committees {
		if err := k.Committees.Set(ctx, collections.Join(committee.Era, committee.Contract), committee); err != nil {
			return err
		}
	}
	for _, committee := range genesis.PresentCommittees() {
		if err := k.Seats.Set(ctx, committee.Contract, committee.Era); err != nil {
			return err
		}
	}
	for _, committee := range genesis.Elected {
		if err := k.Elected.Set(ctx, committee.Contract, committee); err != nil {
			return err
		}
	}
	for _, text := range genesis.Excluded {
		operator, err := k.rawOperator(text)
		if err != nil {
			return err
		}
		if err := k.Excluded.Set(ctx, operator); err != nil {
			return err
		}
	}
	return nil
}

func (k Keeper) loadAccounts(ctx context.Context, genesis types.GenesisState) error {
	err := load(ctx, k, genesis.DutyAccounts, func(a types.DutyAccount) string { return a.Operator },
		func(ctx context.Context, operator sdk.ValAddress, account types.DutyAccount) error {
			return k.DutyAccounts.Set(ctx, collections.Join3(account.Era, operator, account.Vault), account)
		})
	if err != nil {
		return err
	}
	return load(ctx, k, genesis.HeartbeatAccounts, func(a types.HeartbeatAccount) string { return a.Operator },
		func(ctx context.Context, operator sdk.ValAddress, account types.HeartbeatAccount) error {
			return k.HeartbeatAccounts.Set(ctx, collections.Join(account.Era, operator), account)
		})
}

// loadTenures gives validators without a tenure the current era: on a chain whose genesis names them without it.
func (k Keeper) loadTenures(ctx context.Context, _ types.GenesisState) error {
	validators, err := k.staking.GetAllValidators(ctx)
	if err != nil {
		return err
	}
	for _, validator := range validators {
		operator, err := k.rawOperator(validator.GetOperator())
		if err != nil {
			return err
		}
		known, err := k.Tenures.Has(ctx, operator)
		if err != nil {
			return err
		}
		if known {
			continue
		}
		if err := k.recordTenure(ctx, operator); err != nil {
			return err
		}
	}
	return nil
}

// load sets every record of a list under its operator.
func load[T any](
	ctx context.Context, k Keeper, list []T, operator func(T) string, set func(context.Context, sdk.ValAddress, T) error,
) error {
	for _, record := range list {
		raw, err := k.rawOperator(operator(record))
		if err != nil {
			return err
		}
		if err := set(ctx, raw, record); err != nil {
			return err
		}
	}
	return nil
}

// loadFirstStakes gives the committees that genesis names without their members' stakes those as of the block before the first: what is
// undelegated from the first block on is reached.
func (k Keeper) loadFirstStakes(ctx context.Context, _ types.GenesisState) error {
	committees, err := k.PresentCommittees(ctx)
	if err != nil {
		return err
	}
	for _, committee := range committees {
		if err := k.snapshotStakes(ctx, committee, max(sdk.UnwrapSDKContext(ctx).BlockHeight()-1, 0)); err != nil {
			return err
		}
	}
	return nil
}
