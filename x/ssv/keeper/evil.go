package keeper

import (
	"context"
	"fmt"

	"cosmossdk.io/collections"

	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/x/ssv/slash"
	"github.com/stafiprotocol/stafid/x/ssv/types"
)

// punishGas is what a punishment costs the transaction that brings it about, above the 100,000 of one from which nobody undelegates.
const punishGas = 150_000

// PunishEvil punishes evil, once for each term of a vault generation, operator and deed (protocol §13): a tenth of the stake is slashed; the
// member is withdrawn from every committee in this block, its seat going to a standby; it is banned from the next election; and the deed
// stays on its slash record (criterion 5). A validator that is gone or unbonded is recorded, and not an error. It says whether the deed was
// new. It charges punishGas, whatever x/staking has to go through: with some thousands of accounts that undelegate a little, 26,000 gas each, a
// member could else make its punishment dearer than a block may be, and with it the observation that shows its lie.
func (k Keeper) PunishEvil(ctx context.Context, a types.Accusation) (punished bool, err error) {
	operator, err := k.rawOperator(a.Operator)
	if err != nil {
		return false, err
	}
	key := collections.Join4(a.Vault, operator, uint32(a.Deed), a.VaultEra)
	if known, err := k.Evils.Has(ctx, key); err != nil || known {
		return false, err
	}
	ctx = atFixedGas(ctx)
	era, err := k.CurrentEra(ctx)
	if err != nil {
		return false, err
	}
	cost, err := k.SlashMember(ctx, a.Operator, owedBy(a.Contract, a.VaultEra, era.Number), slash.Max())
	if err != nil {
		return false, err
	}
	evil := types.Evil{
		Vault: a.Vault, Operator: a.Operator, Deed: a.Deed, Contract: a.Contract, Era: era.Number, Proof: a.Proof, VaultEra: a.VaultEra,
		Height: sdk.UnwrapSDKContext(ctx).BlockHeight(), Power: cost.Power, InfractionHeight: cost.InfractionHeight,
		Slashed: cost.Burned, Unslashed: cost.Unslashed,
	}
	if err := k.Evils.Set(ctx, key, evil); err != nil {
		return false, err
	}
	k.emit(ctx, &types.EventEvil{Evil: evil})
	if err := k.forfeit(ctx, operator, types.Forfeit{Era: era.Number, Reason: types.FORFEIT_REASON_EVIL, Vault: a.Vault}); err != nil {
		return false, err
	}
	return true, k.withdrawEvil(ctx, operator, a, era.Number)
}

// atFixedGas charges punishGas and returns a context in which gas is not counted.
func atFixedGas(ctx context.Context) context.Context {
	metered := sdk.UnwrapSDKContext(ctx)
	metered.GasMeter().ConsumeGas(punishGas, "punishment of evil")
	return metered.WithGasMeter(storetypes.NewInfiniteGasMeter())
}

// withdrawEvil puts the deed on the operator's record, bans it and has it replaced in every committee that it is a member of.
func (k Keeper) withdrawEvil(ctx context.Context, operator sdk.ValAddress, a types.Accusation, era uint64) error {
	record := types.SlashRecord{Operator: a.Operator, Era: era, Infraction: a.Deed.Words()}
	if err := k.SlashRecords.Set(ctx, operator, record); err != nil {
		return err
	}
	if err := k.Ban(ctx, a.Operator); err != nil {
		return err
	}
	contracts, err := k.ContractsOf(ctx, a.Operator)
	if err != nil {
		return err
	}
	for _, contract := range contracts {
		eviction := types.Eviction{
			Contract: contract, Operator: a.Operator, Evil: true, Reason: fmt.Sprintf("evil: a %s in vault %d", a.Deed.Words(), a.Vault),
		}
		if err := k.evict(ctx, eviction); err != nil {
			return err
		}
	}
	return nil
}
