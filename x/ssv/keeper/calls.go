package keeper

import (
	"context"

	"cosmossdk.io/collections"

	sdkcodec "github.com/cosmos/cosmos-sdk/codec"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/x/ssv/types"
)

// callAccounts are by era, operator and contract.
type callAccounts = collections.Map[collections.Triple[uint64, sdk.ValAddress, uint64], types.CallAccount]

func newCallAccounts(sb *collections.SchemaBuilder, cdc sdkcodec.BinaryCodec) callAccounts {
	return collections.NewMap(sb, types.CallAccountsPrefix, "call_accounts",
		collections.TripleKeyCodec(collections.Uint64Key, sdk.ValAddressKey, collections.Uint64Key), sdkcodec.CollValue[types.CallAccount](cdc))
}

// RecordCalls adds RPC calls, and the clients counted for the first time with them, to a member's account for a contract in the current era
// (protocol §§12, 15). Counts are added and never taken back, so that settling an era replays no receipt.
func (k Keeper) RecordCalls(ctx context.Context, contract uint64, operator string, calls, clients uint64) error {
	raw, err := k.rawOperator(operator)
	if err != nil {
		return err
	}
	era, err := k.CurrentEra(ctx)
	if err != nil {
		return err
	}
	key := collections.Join3(era.Number, raw, contract)
	account, found, err := maybe(ctx, k.CallAccounts, key)
	if err != nil {
		return err
	}
	if !found {
		account = types.CallAccount{Era: era.Number, Operator: operator, Contract: contract}
	}
	account.Calls += calls
	account.Clients += clients
	return k.CallAccounts.Set(ctx, key, account)
}

// CallsOf returns an operator's accounts of RPC calls in an era, by contract; an operator has as many as committees it sat in.
func (k Keeper) CallsOf(ctx context.Context, era uint64, operator sdk.ValAddress) ([]types.CallAccount, error) {
	iterator, err := k.CallAccounts.Iterate(ctx, collections.NewSuperPrefixedTripleRange[uint64, sdk.ValAddress, uint64](era, operator))
	if err != nil {
		return nil, err
	}
	return iterator.Values()
}

func (k Keeper) loadCalls(ctx context.Context, genesis types.GenesisState) error {
	return load(ctx, k, genesis.CallAccounts, func(a types.CallAccount) string { return a.Operator },
		func(ctx context.Context, operator sdk.ValAddress, account types.CallAccount) error {
			return k.CallAccounts.Set(ctx, collections.Join3(account.Era, operator, account.Contract), account)
		})
}

func (k Keeper) exportCalls(ctx context.Context, genesis *types.GenesisState) (err error) {
	genesis.CallAccounts, err = values(ctx, k.CallAccounts)
	return err
}
