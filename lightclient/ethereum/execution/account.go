package execution

import (
	"fmt"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/rlp"
	"github.com/holiman/uint256"
)

// Account is an account's state. One that does not exist has Exists false, a
// balance of 0 and empty storage. Balance is in wei.
type Account struct {
	Exists      bool
	Nonce       uint64
	Balance     *uint256.Int
	StorageRoot common.Hash
	CodeHash    common.Hash
}

// VerifyAccount proves an account in the state after a verified block, its
// absence included. Errors: ErrTooLarge, ErrNode, ErrMalformed.
func (h *Header) VerifyAccount(address common.Address, path Path) (*Account, error) {
	raw, err := path.lookup(h.StateRoot, crypto.Keccak256(address[:]))
	if err != nil {
		return nil, fmt.Errorf("account %s in block %d: %w", address, h.Number, err)
	}
	if len(raw) == 0 {
		return &Account{Balance: new(uint256.Int), StorageRoot: types.EmptyRootHash, CodeHash: types.EmptyCodeHash}, nil
	}
	var state types.StateAccount
	if err := rlp.DecodeBytes(raw, &state); err != nil {
		return nil, fmt.Errorf("%w: account %s in block %d: %w", ErrMalformed, address, h.Number, err)
	}
	return &Account{
		Exists: true, Nonce: state.Nonce, Balance: state.Balance,
		StorageRoot: state.Root, CodeHash: common.BytesToHash(state.CodeHash),
	}, nil
}

// VerifyStorage proves the 32 bytes in a slot of a proven account; zero when the
// slot is proven to be empty. Errors: ErrTooLarge, ErrNode, ErrMalformed.
func (a *Account) VerifyStorage(slot common.Hash, path Path) (common.Hash, error) {
	raw, err := path.lookup(a.StorageRoot, crypto.Keccak256(slot[:]))
	if err != nil {
		return common.Hash{}, fmt.Errorf("slot %s: %w", slot, err)
	}
	if len(raw) == 0 {
		return common.Hash{}, nil
	}
	content, rest, err := rlp.SplitString(raw)
	if err != nil || len(rest) > 0 || len(content) > common.HashLength {
		return common.Hash{}, fmt.Errorf("%w: slot %s holds %x", ErrMalformed, slot, raw)
	}
	return common.BytesToHash(content), nil
}
