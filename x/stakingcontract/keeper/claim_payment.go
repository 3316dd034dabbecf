package keeper

import (
	"context"
	"fmt"

	"cosmossdk.io/collections"

	"github.com/ethereum/go-ethereum/common"

	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// maxClaimed bounds the deposits that one payment claims; what is left another claims.
const maxClaimed = 20

// named is the text in which a deposit names its recipient, and whether it claims with it what else its sender sent. Only on Ethereum there are such
// claims: who calls the deposit contract is the one account that the call is of, a contract too, which has no key to sign a claim with. On a Cosmos
// chain many people share the account of an exchange, which puts into a transfer's memo what each of them asks for.
func named(contract types.Contract, memo string) (text string, claims bool) {
	if contract.Kind.HandsOn() {
		if recipient, found := types.ParseClaimMemo(memo); found {
			return recipient, true
		}
	}
	return memo, false
}

// indexUnmatched keeps the deposits of an Ethereum contract that are UNMATCHED by their sender.
func (k Keeper) indexUnmatched(ctx context.Context, d types.Deposit) error {
	if !common.IsHexAddress(d.Sender) {
		return nil
	}
	key := collections.Join4(d.Contract, d.Sender, d.TxHash, d.Index)
	if d.Status == types.DEPOSIT_STATUS_UNMATCHED {
		return k.unmatched.Set(ctx, key)
	}
	return k.unmatched.Remove(ctx, key)
}

// claimByPayment gives the deposits of a sender that are UNMATCHED to whom a later one of the same sender names for all. They mint with those
// that wait.
func (k Keeper) claimByPayment(ctx context.Context, contract types.Contract, state types.ContractState, by types.Deposit) error {
	if _, claims := named(contract, by.Memo); !claims || by.Recipient == "" {
		return nil
	}
	var keys []depositKey
	prefix := collections.NewSuperPrefixedQuadRange[uint64, string, []byte, uint32](contract.Id, by.Sender)
	err := k.unmatched.Walk(ctx, prefix, func(key collections.Quad[uint64, string, []byte, uint32]) (bool, error) {
		keys = append(keys, collections.Join3(key.K1(), key.K3(), key.K4()))
		return len(keys) == maxClaimed, nil
	})
	if err != nil {
		return err
	}
	for _, key := range keys {
		if err := k.claimOne(ctx, contract, state, key, by); err != nil {
			return err
		}
	}
	return nil
}

func (k Keeper) claimOne(ctx context.Context, contract types.Contract, state types.ContractState, key depositKey, by types.Deposit) error {
	d, err := k.deposits.Get(ctx, key)
	if err != nil {
		return err
	}
	vault, err := k.multisig.Vault(ctx, d.Vault)
	if err != nil {
		return err
	}
	d.Recipient = by.Recipient
	if d.Status, d.Reason = k.matched(ctx, contract, state, vault); d.Status == types.DEPOSIT_STATUS_MINTED {
		d.Status, d.Reason = types.DEPOSIT_STATUS_HELD, fmt.Sprintf("claimed by its sender in transaction %X", by.TxHash)
	}
	if err := k.await(ctx, d); err != nil {
		return err
	}
	return k.saveDeposit(ctx, d)
}
