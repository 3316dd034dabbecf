package keeper

import (
	"context"
	"errors"

	"cosmossdk.io/collections"
	"cosmossdk.io/math"

	sdkcodec "github.com/cosmos/cosmos-sdk/codec"
	sdk "github.com/cosmos/cosmos-sdk/types"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"

	"github.com/stafiprotocol/stafid/x/ssv/types"
)

// byEraVault keys what is kept of a vault generation and era.
type byEraVault[V any] = collections.Map[collections.Pair[uint64, uint64], V]

// byEraOperator keys what is kept of an era and operator.
type byEraOperator[V any] = collections.Map[collections.Pair[uint64, sdk.ValAddress], V]

// settlements is the state of faults, rewards and refunds (protocol §§12–14).
type settlements struct {
	// DueVaults are the vault generations with sessions settled in an era that are not judged yet; Settlements are the judgements.
	DueVaults   byEraVault[types.DueVault]
	Settlements byEraVault[types.Settlement]
	// PendingSlashes are where the slashes of judgements are.
	PendingSlashes byEraVault[types.PendingSlash]
	Forfeits       byEraOperator[types.Forfeit]

	EraRewards collections.Map[uint64, types.EraReward]
	Earnings   byEraOperator[types.Earning]
	// PendingRewards are where the payments of rewards are, NextReward the oldest era whose reward is not divided.
	PendingRewards collections.Map[uint64, types.PendingReward]
	NextReward     collections.Item[uint64]
	// Division is where the division of NextReward's is, while it runs.
	Division       collections.Item[types.Division]
	RefundAccounts byEraOperator[types.RefundAccount]
}

func (s *settlements) build(sb *collections.SchemaBuilder, cdc sdkcodec.BinaryCodec) {
	byVault := collections.PairKeyCodec(collections.Uint64Key, collections.Uint64Key)
	byOperator := collections.PairKeyCodec(collections.Uint64Key, sdk.ValAddressKey)
	s.DueVaults = collections.NewMap(sb, types.DueVaultsPrefix, "due_vaults", byVault, sdkcodec.CollValue[types.DueVault](cdc))
	s.Settlements = collections.NewMap(sb, types.SettlementsPrefix, "settlements", byVault, sdkcodec.CollValue[types.Settlement](cdc))
	s.PendingSlashes = collections.NewMap(sb, types.PendingSlashesPrefix, "pending_slashes", byVault, sdkcodec.CollValue[types.PendingSlash](cdc))
	s.Forfeits = collections.NewMap(sb, types.ForfeitsPrefix, "forfeits", byOperator, sdkcodec.CollValue[types.Forfeit](cdc))
	s.EraRewards = byNumber[types.EraReward](sb, types.EraRewardsPrefix, "era_rewards", cdc)
	s.Earnings = collections.NewMap(sb, types.EarningsPrefix, "earnings", byOperator, sdkcodec.CollValue[types.Earning](cdc))
	s.PendingRewards = byNumber[types.PendingReward](sb, types.PendingRewardsPrefix, "pending_rewards", cdc)
	s.NextReward = collections.NewItem(sb, types.NextRewardPrefix, "next_reward", collections.Uint64Value)
	s.Division = collections.NewItem(sb, types.DivisionPrefix, "division", sdkcodec.CollValue[types.Division](cdc))
	s.RefundAccounts = collections.NewMap(sb, types.RefundAccountsPrefix, "refund_accounts", byOperator, sdkcodec.CollValue[types.RefundAccount](cdc))
}

func (k Keeper) exportSettlements(ctx context.Context, genesis *types.GenesisState) error {
	var errs [10]error
	s := &genesis.Settlement
	s.Due, errs[0] = values(ctx, k.DueVaults)
	s.Settlements, errs[1] = values(ctx, k.Settlements)
	s.Slashes, errs[2] = values(ctx, k.PendingSlashes)
	s.Forfeits, errs[3] = values(ctx, k.Forfeits)
	s.Rewards, errs[4] = values(ctx, k.EraRewards)
	s.Earnings, errs[5] = values(ctx, k.Earnings)
	s.Payments, errs[6] = values(ctx, k.PendingRewards)
	s.Refunds, errs[7] = values(ctx, k.RefundAccounts)
	s.NextReward, _, errs[8] = maybeItem(ctx, k.NextReward)
	division, running, err := maybeItem(ctx, k.Division)
	if running {
		s.Division = &division
	}
	errs[9] = err
	return errors.Join(errs[:]...)
}

func (k Keeper) loadSettlements(ctx context.Context, genesis types.GenesisState) error {
	if err := k.checkOutstanding(ctx, genesis.Settlement.Outstanding()); err != nil {
		return err
	}
	if err := k.loadJudgements(ctx, genesis.Settlement); err != nil {
		return err
	}
	return k.loadRewards(ctx, genesis.Settlement)
}

// checkOutstanding checks that the module's account holds the issued rewards that are not paid yet.
func (k Keeper) checkOutstanding(ctx context.Context, outstanding math.Int) error {
	if !outstanding.IsPositive() {
		return nil
	}
	denom, err := k.staking.BondDenom(ctx)
	if err != nil {
		return err
	}
	held := k.bank.GetBalance(ctx, authtypes.NewModuleAddress(types.ModuleName), denom).Amount
	if held.LT(outstanding) {
		return types.ErrInvalidGenesis.Wrapf("rewards of %s ufis are to be paid, and the module's account holds %s", outstanding, held)
	}
	return nil
}

func (k Keeper) loadJudgements(ctx context.Context, s types.SettlementState) error {
	for _, due := range s.Due {
		if err := k.DueVaults.Set(ctx, collections.Join(due.Era, due.Vault), due); err != nil {
			return err
		}
	}
	for _, settlement := range s.Settlements {
		if err := k.Settlements.Set(ctx, collections.Join(settlement.Era, settlement.Vault), settlement); err != nil {
			return err
		}
	}
	for _, pending := range s.Slashes {
		if err := k.PendingSlashes.Set(ctx, collections.Join(pending.Era, pending.Vault), pending); err != nil {
			return err
		}
	}
	return load(ctx, k, s.Forfeits, func(f types.Forfeit) string { return f.Operator },
		func(ctx context.Context, operator sdk.ValAddress, f types.Forfeit) error {
			return k.Forfeits.Set(ctx, collections.Join(f.Era, operator), f)
		})
}

func (k Keeper) loadRewards(ctx context.Context, s types.SettlementState) error {
	for _, reward := range s.Rewards {
		if err := k.EraRewards.Set(ctx, reward.Era, reward); err != nil {
			return err
		}
	}
	for _, pending := range s.Payments {
		if err := k.PendingRewards.Set(ctx, pending.Era, pending); err != nil {
			return err
		}
	}
	if s.NextReward > 0 {
		if err := k.NextReward.Set(ctx, s.NextReward); err != nil {
			return err
		}
	}
	if s.Division != nil {
		if err := k.Division.Set(ctx, *s.Division); err != nil {
			return err
		}
	}
	err := load(ctx, k, s.Earnings, func(e types.Earning) string { return e.Operator },
		func(ctx context.Context, operator sdk.ValAddress, e types.Earning) error {
			return k.Earnings.Set(ctx, collections.Join(e.Era, operator), e)
		})
	if err != nil {
		return err
	}
	return load(ctx, k, s.Refunds, func(r types.RefundAccount) string { return r.Operator },
		func(ctx context.Context, operator sdk.ValAddress, r types.RefundAccount) error {
			return k.RefundAccounts.Set(ctx, collections.Join(r.Era, operator), r)
		})
}

// pruneSettlements deletes what is kept of an era, up to left records.
func (k Keeper) pruneSettlements(ctx context.Context, era uint64, left *int) (bool, error) {
	if done, err := removeSome(ctx, k.Settlements, collections.NewPrefixedPairRange[uint64, uint64](era), left); err != nil || !done {
		return false, err
	}
	byOperator := collections.NewPrefixedPairRange[uint64, sdk.ValAddress](era)
	if done, err := removeSome(ctx, k.Forfeits, byOperator, left); err != nil || !done {
		return false, err
	}
	if done, err := removeSome(ctx, k.Earnings, byOperator, left); err != nil || !done {
		return false, err
	}
	if done, err := removeSome(ctx, k.RefundAccounts, byOperator, left); err != nil || !done {
		return false, err
	}
	return true, k.EraRewards.Remove(ctx, era)
}

// unsettled says whether anything of an era is not judged, slashed or paid yet: its history stays until that is done.
func (k Keeper) unsettled(ctx context.Context, era uint64) (bool, error) {
	byVault := collections.NewPrefixedPairRange[uint64, uint64](era)
	if due, err := occupied(ctx, k.DueVaults, byVault); err != nil || due {
		return due, err
	}
	if pending, err := occupied(ctx, k.PendingSlashes, byVault); err != nil || pending {
		return pending, err
	}
	return k.PendingRewards.Has(ctx, era)
}

func occupied[K, V any](ctx context.Context, m collections.Map[K, V], ranger collections.Ranger[K]) (bool, error) {
	iterator, err := m.Iterate(ctx, ranger)
	if err != nil {
		return false, err
	}
	defer iterator.Close()
	return iterator.Valid(), nil
}
