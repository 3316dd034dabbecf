package keeper

import (
	"context"
	"errors"

	"cosmossdk.io/collections"

	sdkcodec "github.com/cosmos/cosmos-sdk/codec"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/x/ssv/types"
)

// emergencies is the state of emergency rotations and of evil (protocol §§11, 13).
type emergencies struct {
	// Absences are who missed each vault generation's last session that blames.
	Absences collections.Map[uint64, types.Absence]
	// Evictions are the members that are to give their seats to standbys, by contract.
	Evictions collections.Map[collections.Pair[uint64, sdk.ValAddress], types.Eviction]
	// Stakes are what members had at stake when they took their seats in an era.
	Stakes collections.Map[collections.Pair[uint64, sdk.ValAddress], types.Stake]
	// Evils are the deeds that were punished, by vault generation, operator, deed and the era in which the vault's term began.
	Evils collections.Map[evilKey, types.Evil]
}

type evilKey = collections.Quad[uint64, sdk.ValAddress, uint32, uint64]

func (e *emergencies) build(sb *collections.SchemaBuilder, cdc sdkcodec.BinaryCodec) {
	byOperator := collections.PairKeyCodec(collections.Uint64Key, sdk.ValAddressKey)
	e.Absences = byNumber[types.Absence](sb, types.AbsencesPrefix, "absences", cdc)
	e.Evictions = collections.NewMap(sb, types.EvictionsPrefix, "evictions", byOperator, sdkcodec.CollValue[types.Eviction](cdc))
	e.Stakes = collections.NewMap(sb, types.StakesPrefix, "stakes", byOperator, sdkcodec.CollValue[types.Stake](cdc))
	e.Evils = collections.NewMap(sb, types.EvilsPrefix, "evils",
		collections.QuadKeyCodec(collections.Uint64Key, sdk.ValAddressKey, collections.Uint32Key, collections.Uint64Key), sdkcodec.CollValue[types.Evil](cdc))
}

func (k Keeper) exportEmergencies(ctx context.Context, genesis *types.GenesisState) error {
	var errs [4]error
	genesis.Emergency.Absences, errs[0] = values(ctx, k.Absences)
	genesis.Emergency.Evictions, errs[1] = values(ctx, k.Evictions)
	genesis.Emergency.Stakes, errs[2] = values(ctx, k.Stakes)
	genesis.Emergency.Evils, errs[3] = values(ctx, k.Evils)
	return errors.Join(errs[:]...)
}

func (k Keeper) loadEmergencies(ctx context.Context, genesis types.GenesisState) error {
	for _, absence := range genesis.Emergency.Absences {
		if err := k.Absences.Set(ctx, absence.Vault, absence); err != nil {
			return err
		}
	}
	err := load(ctx, k, genesis.Emergency.Evictions, func(e types.Eviction) string { return e.Operator },
		func(ctx context.Context, operator sdk.ValAddress, e types.Eviction) error {
			return k.Evictions.Set(ctx, collections.Join(e.Contract, operator), e)
		})
	if err != nil {
		return err
	}
	err = load(ctx, k, genesis.Emergency.Stakes, func(s types.Stake) string { return s.Operator },
		func(ctx context.Context, operator sdk.ValAddress, s types.Stake) error {
			return k.Stakes.Set(ctx, collections.Join(s.Era, operator), s)
		})
	if err != nil {
		return err
	}
	return load(ctx, k, genesis.Emergency.Evils, func(e types.Evil) string { return e.Operator },
		func(ctx context.Context, operator sdk.ValAddress, e types.Evil) error {
			return k.Evils.Set(ctx, collections.Join4(e.Vault, operator, uint32(e.Deed), e.VaultEra), e)
		})
}
