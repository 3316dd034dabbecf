package keeper

import (
	"context"

	"cosmossdk.io/collections"

	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// CountEvents counts the events of proposals in the store, dropped ones too.
func CountEvents(ctx context.Context, k Keeper) int {
	all, err := values(ctx, k.events)
	if err != nil {
		panic(err)
	}
	return len(all)
}

// Resting says whether no contract wants EndBlock's attention.
func Resting(ctx context.Context, k Keeper) bool {
	iterator, err := k.attention.Iterate(ctx, nil)
	if err != nil {
		panic(err)
	}
	defer iterator.Close()
	return !iterator.Valid()
}

// SetDeposit writes a deposit.
func SetDeposit(ctx context.Context, k Keeper, d types.Deposit) error {
	return k.deposits.Set(ctx, keyOf(d), d)
}

// StoreKeys are where the module stores a deposit and a redemption.
func StoreKeys(k Keeper, contract uint64, txHash []byte, index uint32, redemption uint64) (deposit, redeemed []byte) {
	deposit, err := collections.EncodeKeyWithPrefix(k.deposits.GetPrefix(), k.deposits.KeyCodec(), collections.Join3(contract, txHash, index))
	if err != nil {
		panic(err)
	}
	redeemed, err = collections.EncodeKeyWithPrefix(k.redemptions.GetPrefix(), k.redemptions.KeyCodec(), redemption)
	if err != nil {
		panic(err)
	}
	return deposit, redeemed
}

// AddRejection writes a rejection, as if N members had rejected its proposer's observation.
func AddRejection(ctx context.Context, k Keeper, r types.Rejection) error {
	return k.keepRejection(ctx, r)
}

// BreakVaults adds an open vault that is not there to a contract, so that whatever goes through its vaults fails; MendVaults takes it away.
func BreakVaults(ctx context.Context, k Keeper, contract uint64) error {
	return k.openVaults.Set(ctx, collections.Join(contract, uint64(1<<60)))
}

// MendVaults undoes BreakVaults.
func MendVaults(ctx context.Context, k Keeper, contract uint64) error {
	return k.openVaults.Remove(ctx, collections.Join(contract, uint64(1<<60)))
}
