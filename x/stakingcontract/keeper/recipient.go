package keeper

import (
	"context"

	"github.com/ethereum/go-ethereum/common"

	"github.com/cosmos/cosmos-sdk/types/bech32"

	"github.com/stafiprotocol/stafid/x/multisig/vault/ethereum"
	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// checkRecipient wants an address of the original chain, in the one form that it has there, that a payment does not come back from by design.
func (k Keeper) checkRecipient(ctx context.Context, contract types.Contract, state types.ContractState, recipient string) error {
	if contract.Kind.HandsOn() {
		return k.checkEthereumRecipient(ctx, state, recipient)
	}
	return k.checkCosmosRecipient(ctx, contract, recipient)
}

// checkCosmosRecipient wants bech32 with the chain's prefix, of 20 or 32 bytes, in lower case, and no account that is known to be blocked
// there, nor a vault of the contract.
func (k Keeper) checkCosmosRecipient(ctx context.Context, contract types.Contract, recipient string) error {
	prefix, bytes, err := bech32.DecodeAndConvert(recipient)
	if err != nil {
		return types.ErrInvalidRecipient.Wrapf("%q is no bech32 address: %s", recipient, err)
	}
	if wanted := contract.Cosmos.Bech32Prefix; prefix != wanted {
		return types.ErrInvalidRecipient.Wrapf("%q has the prefix %q, wanted %q", recipient, prefix, wanted)
	}
	if len(bytes) != 20 && len(bytes) != 32 {
		return types.ErrInvalidRecipient.Wrapf("%q has %d bytes, wanted 20 or 32", recipient, len(bytes))
	}
	if canonical, err := bech32.ConvertAndEncode(prefix, bytes); err != nil || canonical != recipient {
		return types.ErrInvalidRecipient.Wrapf("%q, wanted it in lower case", recipient)
	}
	if why := contract.Cosmos.Blocked(bytes); why != "" {
		return types.ErrInvalidRecipient.Wrapf("%s is %s, which can't be paid", recipient, why)
	}
	vault, found, err := k.multisig.VaultByAddress(ctx, contract.Id, recipient)
	if err != nil {
		return err
	}
	if found {
		return types.ErrInvalidRecipient.Wrapf("%s is vault %d of contract %d, wanted another address", recipient, vault.Id, contract.Id)
	}
	return nil
}

// checkEthereumRecipient wants an address with its EIP-55 checksum, and not the zero address, the Safe, its deposit contract or another contract
// that a vault is made of. rTokens of a contract that never had a vault do not exist, so that there is a Safe.
func (k Keeper) checkEthereumRecipient(ctx context.Context, state types.ContractState, recipient string) error {
	var safe common.Address
	if id := state.Observing(); id != 0 {
		vault, err := k.multisig.Vault(ctx, id)
		if err != nil {
			return err
		}
		if safe, err = ethereum.ParseAddress(vault.Address); err != nil {
			return err
		}
	}
	if _, err := ethereum.Recipient(recipient, safe, ethereum.DepositContract(safe)); err != nil {
		return types.ErrInvalidRecipient.Wrap(err.Error())
	}
	return nil
}
